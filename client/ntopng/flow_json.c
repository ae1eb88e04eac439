// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * flow_json.c - a flow as JSON: the keys of nprobe_mini, in the order of ntopng's documentation, and those that later
 * versions read.
 *
 * ntopng takes LOCAL for the client. It corrects that by the ports, except of connect and accept, which it
 * believes. So an accepted connection names its sides SRC (the client, which is remote) and DST.
 */
#include <netinet/in.h>
#include <stdio.h>

#include "export.h"
#include "json.h"

static bool is(const char *event, const char *name)
{
	return event && !strcmp(event, name);
}

static void put_timestamp(struct bytes *b, int64_t us)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld.%06lld", (long long)(us / 1000000), (long long)(us % 1000000));
	json_text(b, "timestamp", text, sizeof(text));
}

static void put_process(struct bytes *b, const struct flow *f)
{
	if (f->pid > 0) {
		json_begin(b, "LOCAL_PROCESS");
		json_number(b, "PID", f->pid);
		json_number(b, "TID", f->tid);
		json_number(b, "UID", f->uid);
		json_text(b, "UID_NAME", f->user, NAME_MOST);
		json_number(b, "GID", f->gid);
		json_text(b, "GID_NAME", f->group, NAME_MOST);
		json_text(b, "PROCESS_PATH", f->path, PATH_MOST);
		json_end(b);
	}
	if (f->ppid > 0) {
		json_begin(b, "LOCAL_FATHER_PROCESS");
		json_number(b, "PID", f->ppid);
		json_text(b, "PROCESS_PATH", f->parent_path, PATH_MOST);
		json_end(b);
	}
}

/* What versions from 5.4 on read of a process. */
static void put_flat_process(struct bytes *b, const struct flow *f, bool local_is_dst)
{
	static const char *const keys[2][7] = {
		{ "SRC_PROC_PID", "SRC_PROC_NAME", "SRC_PROC_UID", "SRC_PROC_USER_NAME", "SRC_FATHER_PROC_PID",
		  "SRC_FATHER_PROC_NAME", "SRC_PROC_CONTAINER_ID" },
		{ "DST_PROC_PID", "DST_PROC_NAME", "DST_PROC_UID", "DST_PROC_USER_NAME", "DST_FATHER_PROC_PID",
		  "DST_FATHER_PROC_NAME", "DST_PROC_CONTAINER_ID" },
	};
	const char *const *key = keys[local_is_dst];

	if (f->pid > 0) {
		json_number(b, key[0], f->pid);
		json_text(b, key[1], f->path, PATH_MOST);
		json_number(b, key[2], f->uid);
		json_text(b, key[3], f->user, NAME_MOST);
	}
	if (f->ppid > 0) {
		json_number(b, key[4], f->ppid);
		json_text(b, key[5], f->parent_path, PATH_MOST);
	}
	json_text(b, key[6], f->container.id, NAME_MOST);
}

static void put_sides(struct bytes *b, const struct flow *f)
{
	bool four = f->ip_version == 4;

	if (is(f->event, "ACCEPT")) {
		json_number(b, "L4_SRC_PORT", f->remote_port);
		json_number(b, "L4_DST_PORT", f->local_port);
		json_text(b, four ? "IPV4_SRC_ADDR" : "IPV6_SRC_ADDR", f->remote_ip, NAME_MOST);
		json_text(b, four ? "IPV4_DST_ADDR" : "IPV6_DST_ADDR", f->local_ip, NAME_MOST);
	} else if (f->icmp_type >= 0) {
		json_number(b, "L4_SRC_PORT", 0);
		json_number(b, "L4_DST_PORT", 0);
		json_text(b, four ? "IPV4_SRC_ADDR" : "IPV6_SRC_ADDR", f->local_ip, NAME_MOST);
		json_text(b, four ? "IPV4_DST_ADDR" : "IPV6_DST_ADDR", f->remote_ip, NAME_MOST);
	} else {
		json_number(b, "L4_LOCAL_PORT", f->local_port);
		json_number(b, "L4_REMOTE_PORT", f->remote_port);
		json_text(b, four ? "IPV4_LOCAL_ADDR" : "IPV6_LOCAL_ADDR", f->local_ip, NAME_MOST);
		json_text(b, four ? "IPV4_REMOTE_ADDR" : "IPV6_REMOTE_ADDR", f->remote_ip, NAME_MOST);
	}
}

static void put_tcp(struct bytes *b, const struct flow *f)
{
	json_begin(b, "TCP");
	json_text(b, "CONN_STATE", f->state, NAME_MOST);
	json_number(b, "SEGS_IN", f->rx_packets);
	json_number(b, "SEGS_OUT", f->tx_packets);
	json_number(b, "UNACK_SEGMENTS", f->unacked);
	json_number(b, "RETRAN_PKTS", f->retransmits);
	json_number(b, "LOST_PKTS", f->lost);
	json_thousandths(b, "RTT", f->rtt_us);
	json_thousandths(b, "RTT_VARIANCE", f->rtt_var_us);
	json_number(b, "BYTES_RCVD", f->rx_bytes);
	json_number(b, "BYTES_ACKED", f->acked >= 0 ? f->acked : f->tx_bytes);
	json_end(b);
}

/* IN is from the source to the destination, and the local side is the source. */
static void put_counters(struct bytes *b, const struct flow *f)
{
	json_number(b, "IN_BYTES", f->tx_bytes);
	json_number(b, "IN_PKTS", f->tx_packets);
	json_number(b, "OUT_BYTES", f->rx_bytes);
	json_number(b, "OUT_PKTS", f->rx_packets);
}

void flow_json(struct bytes *b, const struct flow *f, const struct export_as *as)
{
	json_begin(b, NULL);
	put_timestamp(b, f->time_us);
	json_number(b, "TID", f->tid);
	put_process(b, f);
	if (f->event)
		json_text(b, f->protocol == IPPROTO_UDP ? "UDP_EVENT_TYPE" : "TCP_EVENT_TYPE", f->event, NAME_MOST);
	if (as->if_name_key)
		json_text(b, as->if_name_key, f->if_name, NAME_MOST);
	json_number(b, "IP_PROTOCOL_VERSION", f->ip_version);
	json_number(b, "PROTOCOL", f->protocol);
	json_thousandths(b, "NW_LATENCY_MS", f->latency_us);
	if (f->latency_us >= 0 && is(f->event, "CONNECT")) /* half the round trip; what is measured is all beyond this host */
		json_thousandths(b, "SERVER_NW_LATENCY_MS", f->latency_us / 2);
	put_sides(b, f);
	if (f->icmp_type >= 0)
		json_number(b, "ICMP_TYPE", f->icmp_type * 256 + f->icmp_code);
	if (f->duration_us >= 0) {
		json_number(b, "FIRST_SWITCHED", (f->time_us - f->duration_us) / 1000000);
		json_number(b, "LAST_SWITCHED", f->time_us / 1000000);
	}
	put_counters(b, f);
	if (f->has_tcp)
		put_tcp(b, f);
	json_container(b, &f->container);
	put_flat_process(b, f, is(f->event, "ACCEPT") || (f->icmp_type >= 0 && f->local_is_server));
	json_text(b, "EXPORTER_IPV4_ADDRESS", as->exporter, NAME_MOST);
	json_end(b);
}
