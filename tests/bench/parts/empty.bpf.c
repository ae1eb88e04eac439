// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* empty.bpf.c - what any XDP program costs an interface, before it does anything. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("xdp")
int empty(struct xdp_md *xdp)
{
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
