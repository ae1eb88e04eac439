// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* plain.bpf.c - the obvious way: a record into the kernel's ring buffer, with its own choice when to wake. */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "plain.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20); /* as much as ringside's on two CPUs */
} records SEC(".maps");

SEC("xdp")
int plain(struct xdp_md *xdp)
{
	const __u8 *packet = (void *)(long)xdp->data;
	struct plain_record *r;

	/* Ethernet, IPv4 without options, ICMP */
	if ((void *)(packet + 42) > (void *)(long)xdp->data_end || packet[12] != 8 || packet[13] != 0 ||
	    packet[14] != 0x45 || packet[23] != 1)
		return XDP_PASS;
	r = bpf_ringbuf_reserve(&records, sizeof(*r), 0);
	if (!r)
		return XDP_PASS; /* lost, and nobody says so */
	r->ns = bpf_ktime_get_boot_ns();
	__builtin_memcpy(r->src, packet + 26, 4);
	__builtin_memcpy(r->dst, packet + 30, 4);
	r->type = packet[34];
	r->code = packet[35];
	r->ttl = packet[22];
	r->unused = 0;
	r->length = bpf_ntohs(*(__u16 *)(packet + 16));
	r->id = bpf_ntohs(*(__u16 *)(packet + 38));
	r->sequence = bpf_ntohs(*(__u16 *)(packet + 40));
	r->unused2 = 0;
	bpf_ringbuf_submit(r, 0);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
