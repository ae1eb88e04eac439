/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* netlink.h - questions to the kernel's routing socket, answered at once. */
#ifndef NTOPNG_NETLINK_H
#define NTOPNG_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

#define ANSWER_MOST 32768 /* the kernel fills as much of it as there is */

struct netlink {
	int fd;
	uint32_t sequence;
	char answer[ANSWER_MOST] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/* Return 0 or -errno. */
int netlink_open(struct netlink *netlink);
void netlink_close(struct netlink *netlink);

/* Sends REQUEST (its flags and sequence are set here) and calls EACH with every message of the answer, which
 * must ask nothing through the same socket. 0 or -errno.
 */
int netlink_ask(struct netlink *netlink, struct nlmsghdr *request, int flags,
		void (*each)(void *context, const struct nlmsghdr *message), void *context);

/* Sets TABLE[type] for the attributes up to MOST; the others are left NULL. */
void netlink_attributes(const struct rtattr **table, int most, const struct rtattr *first, size_t length);

#endif
