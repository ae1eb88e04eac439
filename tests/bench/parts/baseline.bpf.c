// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* baseline.bpf.c - what ringside's programs are measured against. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "abi.h"

/* What vmlinux/ does without. */
#define NO_WAKEUP 1		  /* BPF_RB_NO_WAKEUP */
#define CURRENT_CPU 0xffffffffULL /* BPF_F_CURRENT_CPU */
#define PERF_EVENT_ARRAY 4	  /* BPF_MAP_TYPE_PERF_EVENT_ARRAY */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} plain SEC(".maps");

struct {
	__uint(type, PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} events SEC(".maps");

SEC("xdp.frags")
int xdp_empty(struct xdp_md *xdp)
{
	return XDP_PASS;
}

static volatile __u64 now; /* without it the call would still be made, but unlike the others' */

SEC("xdp.frags")
int xdp_clock(struct xdp_md *xdp)
{
	now = bpf_ktime_get_boot_ns();
	return XDP_PASS;
}

/* The record of the kernel's own ring buffer: one reader, who can write to it. */
SEC("xdp.frags")
int xdp_ringbuf(struct xdp_md *xdp)
{
	const __u32 *packet = (void *)(long)xdp->data;
	struct rs_icmp *r;

	if ((void *)(packet + 10) > (void *)(long)xdp->data_end)
		return XDP_PASS;
	r = bpf_ringbuf_reserve(&plain, sizeof(*r), 0);
	if (!r)
		return XDP_PASS;
	__builtin_memset(r, 0, sizeof(*r));
	r->hdr.ts_ns = bpf_ktime_get_boot_ns();
	r->hdr.type = RS_ICMP;
	*(__u32 *)r->src = packet[6];
	*(__u32 *)r->dst = packet[7];
	r->rest = packet[9];
	/* nobody is woken, which is what costs most there */
	bpf_ringbuf_submit(r, NO_WAKEUP);
	return XDP_PASS;
}

/* The same through the older way, a perf event: a buffer of each CPU, copied into. */
SEC("xdp.frags")
int xdp_perf(struct xdp_md *xdp)
{
	const __u32 *packet = (void *)(long)xdp->data;
	struct rs_icmp r = {};

	if ((void *)(packet + 10) > (void *)(long)xdp->data_end)
		return XDP_PASS;
	r.hdr.ts_ns = bpf_ktime_get_boot_ns();
	r.hdr.type = RS_ICMP;
	*(__u32 *)r.src = packet[6];
	*(__u32 *)r.dst = packet[7];
	r.rest = packet[9];
	bpf_perf_event_output(xdp, &events, CURRENT_CPU, &r, sizeof(r));
	return XDP_PASS;
}

SEC("tc")
int tc_empty(struct __sk_buff *skb)
{
	return -1;
}

SEC("tc")
int tc_clock(struct __sk_buff *skb)
{
	now = bpf_ktime_get_boot_ns();
	return -1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
