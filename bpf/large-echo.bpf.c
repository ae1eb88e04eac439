// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * large-echo.bpf.c - an example of a program of your own: records only ICMP
 * echo requests larger than 1000 bytes (the IP packet), and only what comes in.
 *
 *	ringside-loader load --source large-echo.bpf.c eth0
 *
 * It is one condition: parsing, counting and the ring are those of the built-in
 * program. What it leaves out is counted as filtered (rule).
 */
#include "record.bpf.h"

static __always_inline bool large_echo(const struct rs_packet *packet, const struct rs_icmp_header *icmp)
{
	return packet->length > 1000 && icmp->type == (packet->ip_version == 6 ? 128 : 8);
}

SEC("xdp.frags")
int large_echo_in(struct xdp_md *xdp)
{
	struct rs_packet packet;

	rs_packet_xdp(&packet, xdp);
	rs_record_icmp(&packet, RS_IN, large_echo);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
