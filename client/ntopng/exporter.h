/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* exporter.h - from what is seen to messages, and the account of both. */
#ifndef NTOPNG_EXPORTER_H
#define NTOPNG_EXPORTER_H

#include "bytes.h"
#include "containers.h"
#include "host.h"
#include "icmp_totals.h"
#include "idnames.h"
#include "netstat.h"
#include "options.h"
#include "ports.h"
#include "probe.h"
#include "sender.h"

struct exporter {
	const struct options *options;
	struct sender sender;
	struct netlink links, namespaces; /* for each what it is asked about */
	struct idnames users, groups;
	struct host host;
	struct icmp_totals icmp_totals;
	struct containers containers;
	struct netstat netstat;
	struct ports ports;
	struct probe probe;
	struct bytes message;
	uint64_t samples;	 /* of the counters */
	uint64_t bad, bad_said;	 /* lines */
	uint64_t dropped_said;	 /* of the sender's */
	uint64_t no_flow;	 /* records: statistics, UDP of a peer nobody knows, what -l leaves out */
	uint64_t lost;		 /* by the reader, as it said */
	int64_t now_ms, say_at_ms, host_at_ms;
};

/* Returns 0, or -1 when it has said why not. */
int exporter_open(struct exporter *exporter, const struct options *options);
void exporter_close(struct exporter *exporter, int linger_ms);

/* A line of standard input. */
void exporter_line(struct exporter *exporter, char *line, size_t length);

/* What is due: now_ms must be set. All of it is for those who have subscribed to it. */
void exporter_netstat(struct exporter *exporter);	/* begins */
bool exporter_netstat_step(struct exporter *exporter);	/* goes on; returns whether there is more to do */
void exporter_counters(struct exporter *exporter);
void exporter_probe(struct exporter *exporter);

/* What became worse since it was last said, at most once a second. */
void exporter_say(struct exporter *exporter);
/* The whole account. */
void exporter_account(struct exporter *exporter);

#endif
