// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clsact.h"
#include "pins.h"

#define OURS .handle = RS_TC_HANDLE, .priority = RS_TC_PRIORITY

int clsact_attach(unsigned int ifindex, int program, bool *made)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = BPF_TC_EGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, filter, OURS, .prog_fd = program, .flags = BPF_TC_F_REPLACE);
	int error = bpf_tc_hook_create(&hook);

	*made = error == 0;
	if (error && error != -EEXIST)
		return error;
	return bpf_tc_attach(&hook, &filter);
}

bool clsact_runs(unsigned int ifindex, int program)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = BPF_TC_EGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, filter, OURS);
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	return !bpf_tc_query(&hook, &filter) && !bpf_obj_get_info_by_fd(program, &info, &size) &&
	       filter.prog_id == info.id;
}

/* Whether anybody's filter is left on this side. When in doubt, yes. */
static bool has_filters(unsigned int ifindex, __u32 parent)
{
	struct {
		struct nlmsghdr head;
		struct tcmsg tc;
	} request = {
		.head = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETTFILTER,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.tc = { .tcm_family = AF_UNSPEC, .tcm_ifindex = (int)ifindex, .tcm_parent = parent },
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	char answer[8192] __attribute__((aligned(8)));
	const struct nlmsghdr *first = (const void *)answer;
	bool found = true;

	if (fd >= 0 && send(fd, &request, sizeof(request), 0) == sizeof(request)) {
		ssize_t size = recv(fd, answer, sizeof(answer), 0);
		found = size < (ssize_t)sizeof(*first) || first->nlmsg_type != NLMSG_DONE;
	}
	if (fd >= 0)
		close(fd);
	return found;
}

void clsact_detach(unsigned int ifindex, bool qdisc)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = BPF_TC_EGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, filter, OURS);

	bpf_tc_detach(&hook, &filter);
	if (!qdisc || has_filters(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)) ||
	    has_filters(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)))
		return;
	hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS; /* means: the qdisc */
	bpf_tc_hook_destroy(&hook);
}
