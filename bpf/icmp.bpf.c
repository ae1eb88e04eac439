// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* icmp.bpf.c - ICMP and ICMPv6 on an interface: XDP sees what comes in, tc what goes out. */
#include "record.bpf.h"

/* Functions of their own, so that packets that are not ICMP do not pay for the
 * registers and the stack that recording takes.
 */
__attribute__((noinline)) int record_in(struct xdp_md *xdp)
{
	struct rs_packet packet;

	rs_packet_xdp(&packet, xdp);
	rs_record_rest(&packet, RS_IN, rs_want_all);
	return XDP_PASS;
}

__attribute__((noinline)) int record_out(struct __sk_buff *skb)
{
	struct rs_packet packet;

	rs_packet_skb(&packet, skb);
	rs_record_rest(&packet, RS_OUT, rs_want_all);
	return TC_ACT_UNSPEC; /* the next filter's turn */
}

SEC("xdp.frags")
int ringside_xdp(struct xdp_md *xdp)
{
	struct rs_packet packet;

	rs_packet_xdp(&packet, xdp);
	return rs_pass_other(&packet) ? XDP_PASS : record_in(xdp);
}

SEC("tc")
int ringside_tc(struct __sk_buff *skb)
{
	struct rs_packet packet;

	rs_packet_skb(&packet, skb);
	return rs_pass_other(&packet) ? TC_ACT_UNSPEC : record_out(skb);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
