// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <linux/net_namespace.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "containers.h"

#define PROBES 8
#define ASK_EACH_MS 1000
#define GONE_MS 60000 /* a container is believed in for so long after its last known process ended */

void containers_open(struct containers *c)
{
	struct stat s;

	*c = (struct containers){ .own_netns = stat("/proc/self/ns/net", &s) ? UNKNOWN : (int64_t)s.st_ino };
}

static void forget(struct network *n)
{
	free(n->id);
	free(n->name);
	free(n->pod);
	free(n->namespace);
	*n = (struct network){ .nsid = -1 };
}

void containers_close(struct containers *c)
{
	for (size_t i = 0; i < CONTAINERS; i++)
		forget(&c->networks[i]);
}

static void read_nsid(void *context, const struct nlmsghdr *message)
{
	const struct rtattr *a[NETNSA_MAX + 1];
	struct rtgenmsg *head = NLMSG_DATA(message);

	if (message->nlmsg_type != RTM_NEWNSID)
		return;
	netlink_attributes(a, NETNSA_MAX, (void *)((char *)head + NLMSG_ALIGN(sizeof(*head))),
			   NLMSG_PAYLOAD(message, sizeof(*head)));
	if (a[NETNSA_NSID])
		memcpy(context, RTA_DATA(a[NETNSA_NSID]), sizeof(int));
}

/* -1 when the process is gone, or its namespace is not one that this one knows. */
static int nsid_of(struct netlink *netlink, int64_t pid)
{
	struct {
		struct nlmsghdr header;
		struct rtgenmsg head;
		struct rtattr attribute __attribute__((aligned(NLMSG_ALIGNTO)));
		uint32_t pid;
	} request = {
		.header = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETNSID },
		.head = { .rtgen_family = AF_UNSPEC },
		.attribute = { .rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = NETNSA_PID },
		.pid = (uint32_t)pid,
	};
	int nsid = -1;

	netlink_ask(netlink, &request.header, 0, read_nsid, &nsid);
	return nsid;
}

/* The namespace's place, or the one that is longest unused of those it may have. */
static struct network *place_of(struct containers *c, int64_t netns)
{
	struct network *oldest = NULL;

	for (size_t i = 0; i < PROBES; i++) {
		struct network *n = &c->networks[((size_t)netns + i) % CONTAINERS];

		if (n->netns == netns)
			return n;
		if (!oldest || n->seen_ms < oldest->seen_ms)
			oldest = n;
	}
	forget(oldest);
	oldest->netns = netns;
	return oldest;
}

static void keep(char **text, const char *found)
{
	if (!*text && found)
		*text = strdup(found);
}

void containers_note(struct containers *c, struct netlink *netlink, const struct flow *flow, int64_t now_ms)
{
	const struct container *found = &flow->container;
	struct network *n;

	if (!found->id || flow->netns < 0 || flow->netns == c->own_netns || flow->pid <= 0)
		return;
	n = place_of(c, flow->netns);
	if (n->id && strcmp(n->id, found->id)) {
		if (now_ms - n->seen_ms < GONE_MS)
			return; /* another container of the same pod */
		forget(n);
		n->netns = flow->netns;
	}
	n->pid = flow->pid;
	n->seen_ms = now_ms;
	n->in_pod = found->in_pod;
	keep(&n->id, found->id); /* names may be known later than ids */
	keep(&n->name, found->name);
	keep(&n->pod, found->pod);
	keep(&n->namespace, found->namespace);
	if (n->nsid < 0 && (!n->asked_ms || now_ms - n->asked_ms >= ASK_EACH_MS)) {
		n->asked_ms = now_ms;
		n->nsid = nsid_of(netlink, flow->pid);
	}
}

bool containers_find(struct containers *c, struct netlink *netlink, int nsid, int64_t now_ms, struct container *container)
{
	for (size_t i = 0; i < CONTAINERS; i++) {
		struct network *n = &c->networks[i];

		if (!n->id || n->nsid < 0 || n->nsid != nsid)
			continue;
		if (now_ms - n->seen_ms >= GONE_MS && nsid_of(netlink, n->pid) != nsid) {
			forget(n); /* and its number may be that of another one by now */
			continue;
		}
		*container = (struct container){ n->id, n->name, n->pod, n->namespace, n->in_pod };
		return true;
	}
	return false;
}
