/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* links.h - the interfaces of this network namespace and their counters, from the kernel. */
#ifndef NTOPNG_LINKS_H
#define NTOPNG_LINKS_H

#include <linux/if_link.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "netlink.h"

struct link {
	int index, hardware; /* hardware: ARPHRD_... */
	char name[IF_NAMESIZE];
	bool up, works, loopback, promiscuous, veth;
	int peer_nsid; /* of a veth: the namespace of its other end, by this one's number for it; -1: this one */
	struct rtnl_link_stats64 stats;
};

/* Calls EACH with every interface, or with the one whose index is given (0: all). Returns 0 or -errno. */
int links_read(struct netlink *netlink, int index, void (*each)(void *context, const struct link *link), void *context);

/* Megabits a second, 0 where the interface does not know. */
int64_t link_speed(const char *name);

#endif
