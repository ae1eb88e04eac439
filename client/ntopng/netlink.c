// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "netlink.h"

int netlink_open(struct netlink *netlink)
{
	struct timeval second = { .tv_sec = 1 }; /* it answers within the call; who knows */

	netlink->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (netlink->fd < 0)
		return -errno;
	setsockopt(netlink->fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	return 0;
}

void netlink_close(struct netlink *netlink)
{
	if (netlink->fd >= 0)
		close(netlink->fd);
	netlink->fd = -1;
}

void netlink_attributes(const struct rtattr **table, int most, const struct rtattr *first, size_t length)
{
	memset(table, 0, sizeof(*table) * (size_t)(most + 1));
	for (const struct rtattr *a = first; RTA_OK(a, length); a = RTA_NEXT(a, length))
		if ((a->rta_type & NLA_TYPE_MASK) <= most)
			table[a->rta_type & NLA_TYPE_MASK] = a;
}

/* Returns 1 when more is to come, 0 at the end, or -errno. */
static int take(struct netlink *netlink, size_t length, bool dump,
		void (*each)(void *context, const struct nlmsghdr *message), void *context)
{
	for (const struct nlmsghdr *m = (const struct nlmsghdr *)netlink->answer; NLMSG_OK(m, length); m = NLMSG_NEXT(m, length)) {
		if (m->nlmsg_seq != netlink->sequence)
			continue; /* to a question that was given up */
		if (m->nlmsg_type == NLMSG_DONE)
			return 0;
		if (m->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)NLMSG_DATA(m))->error;
		each(context, m);
		if (!dump)
			return 0;
	}
	return 1;
}

int netlink_ask(struct netlink *netlink, struct nlmsghdr *request, int flags,
		void (*each)(void *context, const struct nlmsghdr *message), void *context)
{
	ssize_t length;
	int status = 1;

	request->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	request->nlmsg_seq = ++netlink->sequence;
	if (send(netlink->fd, request, request->nlmsg_len, 0) < 0)
		return -errno;
	while (status == 1) {
		length = recv(netlink->fd, netlink->answer, sizeof(netlink->answer), 0);
		if (length < 0)
			return -errno;
		status = take(netlink, (size_t)length, flags & NLM_F_DUMP, each, context);
	}
	return status;
}
