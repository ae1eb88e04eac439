// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <arpa/inet.h>
#include <string.h>

#include "icmp_totals.h"

#define IDLE_MS 60000 /* ntopng has forgotten the flow by then, and would count the totals again */
#define PROBES 8

static size_t hash(const struct icmp_pair *p)
{
	uint64_t sum = 14695981039346656037ULL;

	for (size_t i = 0; i < sizeof(p->source); i++)
		sum = ((sum ^ p->source[i]) * 1099511628211ULL ^ p->destination[i]) * 1099511628211ULL;
	return (size_t)(sum ^ sum >> 32);
}

static bool same(const struct icmp_pair *a, const struct icmp_pair *b)
{
	return a->ip_version == b->ip_version && !memcmp(a->source, b->source, sizeof(a->source)) &&
	       !memcmp(a->destination, b->destination, sizeof(a->destination));
}

/* The pair's place, or the one of those it may have that was not needed for longest. */
static struct icmp_pair *place_of(struct icmp_totals *totals, const struct icmp_pair *wanted, int64_t now_ms)
{
	struct icmp_pair *oldest = NULL;
	size_t first = hash(wanted);

	for (size_t i = 0; i < PROBES; i++) {
		struct icmp_pair *p = &totals->pairs[(first + i) % ICMP_PAIRS];

		if (same(p, wanted) && now_ms - p->seen_ms < IDLE_MS)
			return p;
		if (!oldest || p->seen_ms < oldest->seen_ms || same(p, wanted))
			oldest = p;
		if (same(p, wanted))
			break;
	}
	*oldest = *wanted;
	return oldest;
}

void icmp_totals_add(struct icmp_totals *totals, struct flow *flow, int64_t now_ms)
{
	struct icmp_pair wanted = { .ip_version = flow->ip_version }, *p;
	int family = flow->ip_version == 6 ? AF_INET6 : AF_INET;

	inet_pton(family, flow->local_ip, wanted.source);
	inet_pton(family, flow->remote_ip, wanted.destination);
	p = place_of(totals, &wanted, now_ms);
	p->seen_ms = now_ms;
	flow->tx_packets = p->packets += flow->tx_packets;
	if (flow->tx_bytes >= 0)
		p->bytes += flow->tx_bytes;
	flow->tx_bytes = p->bytes;
	flow->only_these = false;
}
