/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * containers.h - which container is at the other end of a veth.
 *
 * A record names a process, its container and its network namespace; the kernel says by which number that process's
 * namespace is known here, and a veth says the number of its peer's. What no record was about is not known.
 */
#ifndef NTOPNG_CONTAINERS_H
#define NTOPNG_CONTAINERS_H

#include "flow.h"
#include "netlink.h"

#define CONTAINERS 1024

struct network { /* of one network namespace: the first container that was seen in it */
	int64_t netns, pid, seen_ms, asked_ms;
	int nsid; /* -1: not known */
	char *id, *name, *pod, *namespace;
	bool in_pod;
};

struct containers {
	int64_t own_netns;
	struct network networks[CONTAINERS];
};

void containers_open(struct containers *containers);
void containers_close(struct containers *containers);

void containers_note(struct containers *containers, struct netlink *netlink, const struct flow *flow, int64_t now_ms);
/* Returns whether CONTAINER is set; its texts are valid until the next call. */
bool containers_find(struct containers *containers, struct netlink *netlink, int nsid, int64_t now_ms,
		     struct container *container);

#endif
