/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * icmp_totals.h - what has gone from one address to another by ICMP.
 *
 * ntopng takes the counters of a JSON flow for totals, and a record of ICMP is about one packet.
 */
#ifndef NTOPNG_ICMP_TOTALS_H
#define NTOPNG_ICMP_TOTALS_H

#include "flow.h"

#define ICMP_PAIRS 4096

struct icmp_pair {
	unsigned char source[16], destination[16];
	int ip_version; /* 0: not used */
	int64_t packets, bytes, seen_ms;
};

struct icmp_totals {
	struct icmp_pair pairs[ICMP_PAIRS];
};

/* Puts totals in the place of the packet's own counters. */
void icmp_totals_add(struct icmp_totals *totals, struct flow *flow, int64_t now_ms);

#endif
