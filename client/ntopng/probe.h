/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* probe.h - what ntopng wants to know of the exporter itself, once a second. */
#ifndef NTOPNG_PROBE_H
#define NTOPNG_PROBE_H

#include "bytes.h"
#include "host.h"
#include "links.h"

struct probe {
	char uuid[37], os[64];
	int64_t speed;
	uint64_t bytes, packets; /* of the interface, when it was last looked at */
	int64_t at_ms, bps, pps;
};

struct probe_account {
	uint64_t flows_sent, dropped, lost; /* lost: by the reader */
	int64_t lifetime_s;		    /* so often a flow that goes on is told of */
};

void probe_open(struct probe *probe);
void probe_look(struct probe *probe, struct netlink *netlink, const struct host *host, int64_t now_ms);
void probe_json(struct bytes *b, const struct probe *probe, const struct host *host, const struct probe_account *account);

#endif
