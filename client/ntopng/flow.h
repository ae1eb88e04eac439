/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * flow.h - what a line says, in the terms of ntopng: record.c makes it, flow_json.c and flow_tlv.c write it.
 *
 * Texts are those of the parsed line, and live as long as it does. A number that is not known is UNKNOWN, a text NULL.
 */
#ifndef NTOPNG_FLOW_H
#define NTOPNG_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#define UNKNOWN (-1)

struct container {
	const char *id, *name, *pod, *namespace;
	bool in_pod; /* a pod's, though its name may not be known */
};

struct flow {
	const char *event; /* ACCEPT ... RECV; NULL: a report of what goes on */
	bool listens;	   /* no flow, but a port that can be reached */
	int protocol, ip_version;
	const char *local_ip, *remote_ip;
	int local_port, remote_port;
	const char *if_name;
	bool local_is_server, local_is_client; /* neither: nobody saw who began */
	int64_t time_us, duration_us, latency_us;

	int64_t tx_bytes, rx_bytes, tx_packets, rx_packets;
	bool only_these; /* the counters are of this message alone, not totals */
	const char *state;
	bool has_tcp; /* any of these or the counters, of TCP */
	int64_t acked, retransmits, unacked, lost, rtt_us, rtt_var_us;
	int64_t icmp_type, icmp_code;

	int64_t pid, tid, uid, gid, ppid;
	const char *user, *group, *comm, *path, *parent_comm, *parent_path;
	int64_t netns;
	struct container container;
};

#endif
