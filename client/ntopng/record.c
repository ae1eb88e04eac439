// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "record.h"

#define NUMBER_MOST (1LL << 53) /* as in all of ringside's lines; in ms it still fits in µs */

static const char *text(const struct fields *o, enum field field)
{
	const struct value *value = &o->values[field];

	return value->type == VALUE_TEXT && value->length ? value->text : NULL;
}

static int64_t number(const struct fields *o, enum field field)
{
	const struct value *value = &o->values[field];

	return value->type == VALUE_NUMBER && value->number >= 0 && value->number <= NUMBER_MOST ? value->number : UNKNOWN;
}

static bool is_there(const struct fields *o, enum field field)
{
	return o->values[field].type != VALUE_ABSENT;
}

static bool is_address(const char *ip, int version)
{
	unsigned char address[16];

	return ip && inet_pton(version == 6 ? AF_INET6 : AF_INET, ip, address) == 1;
}

static void read_process(const struct fields *o, struct flow *flow)
{
	flow->pid = number(o, F_PID);
	flow->tid = number(o, F_TID);
	flow->uid = number(o, F_UID);
	flow->gid = number(o, F_GID);
	flow->ppid = number(o, F_PPID);
	flow->user = text(o, F_USER);
	flow->comm = text(o, F_COMM);
	flow->path = text(o, F_EXE) ?: flow->comm;
	flow->parent_comm = text(o, F_PARENT_COMM);
	flow->parent_path = text(o, F_PARENT_EXE) ?: flow->parent_comm;
	flow->netns = number(o, F_NETNS);
	flow->container = (struct container){
		.id = text(o, F_CONTAINER_ID),
		.name = text(o, F_CONTAINER_NAME),
		.pod = text(o, F_POD),
		.namespace = text(o, F_NAMESPACE),
		.in_pod = text(o, F_POD_UID) || text(o, F_POD),
	};
}

static void read_direction(const struct fields *o, struct flow *flow)
{
	const char *direction = text(o, F_DIRECTION);

	flow->local_is_server = direction && !strcmp(direction, "in");
	flow->local_is_client = direction && !strcmp(direction, "out");
}

static void read_time(const struct fields *o, struct flow *flow)
{
	struct timespec now;

	flow->time_us = number(o, F_TS_US);
	if (flow->time_us != UNKNOWN)
		return;
	if (number(o, F_TIMESTAMP) != UNKNOWN) {
		flow->time_us = number(o, F_TIMESTAMP) * 1000;
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	flow->time_us = now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static void read_tcp(const struct fields *o, struct flow *flow)
{
	flow->state = text(o, F_STATE);
	flow->acked = number(o, F_TX_ACKED);
	flow->retransmits = number(o, F_RETRANSMITS);
	flow->unacked = number(o, F_UNACKED);
	flow->lost = number(o, F_LOST);
	flow->rtt_us = number(o, F_RTT_US);
	flow->rtt_var_us = number(o, F_RTT_VAR_US);
	flow->has_tcp = flow->protocol == IPPROTO_TCP &&
			(flow->state || flow->retransmits != UNKNOWN || flow->tx_bytes != UNKNOWN);
}

/* A side that is not known has no address; a port belongs to one that is. */
static bool read_side(const struct fields *o, enum field ip_field, enum field port_field, int version, const char **ip, int *port)
{
	int64_t value = number(o, port_field);

	*ip = text(o, ip_field);
	*port = 0;
	if (!*ip)
		return !is_there(o, ip_field);
	if (!is_address(*ip, version) || value > 65535)
		return false;
	if (value == UNKNOWN && is_there(o, port_field))
		return false;
	*port = value == UNKNOWN ? 0 : (int)value;
	return true;
}

static bool read_version(const struct fields *o, struct flow *flow)
{
	int64_t version = number(o, F_IP_VERSION);

	flow->ip_version = version == 6 ? 6 : 4;
	return version == 4 || version == 6;
}

static enum record_kind read_socket(const struct fields *o, struct flow *flow)
{
	int64_t protocol = number(o, F_PROTOCOL);

	if (protocol < 0 || protocol > 255 || !read_version(o, flow))
		return RECORD_BAD;
	flow->protocol = (int)protocol;
	if (!read_side(o, F_LOCAL_IP, F_LOCAL_PORT, flow->ip_version, &flow->local_ip, &flow->local_port) ||
	    !read_side(o, F_REMOTE_IP, F_REMOTE_PORT, flow->ip_version, &flow->remote_ip, &flow->remote_port))
		return RECORD_BAD;
	if (!flow->local_ip)
		return RECORD_BAD;
	flow->if_name = text(o, F_IF_NAME);
	flow->duration_us = number(o, F_DURATION_US);
	flow->tx_bytes = number(o, F_TX_BYTES);
	flow->rx_bytes = number(o, F_RX_BYTES);
	flow->tx_packets = number(o, F_TX_PACKETS);
	flow->rx_packets = number(o, F_RX_PACKETS);
	read_direction(o, flow);
	read_time(o, flow);
	read_tcp(o, flow);
	read_process(o, flow);
	return RECORD_FLOW;
}

static enum record_kind read_icmp(const struct fields *o, struct flow *flow)
{
	if (!read_version(o, flow))
		return RECORD_BAD;
	flow->protocol = flow->ip_version == 6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	flow->local_ip = text(o, F_SRC_IP);
	flow->remote_ip = text(o, F_DST_IP);
	flow->icmp_type = number(o, F_ICMP_TYPE);
	flow->icmp_code = number(o, F_ICMP_CODE);
	if (!is_address(flow->local_ip, flow->ip_version) || !is_address(flow->remote_ip, flow->ip_version) ||
	    flow->icmp_type < 0 || flow->icmp_type > 255 || flow->icmp_code < 0 || flow->icmp_code > 255)
		return RECORD_BAD;
	flow->if_name = text(o, F_IF_NAME);
	flow->tx_packets = 1;
	flow->tx_bytes = number(o, F_LENGTH);
	flow->only_these = true;
	/* the packet's source stands where the local side does; on the way in, this host is the destination */
	read_direction(o, flow);
	read_time(o, flow);
	read_process(o, flow);
	return RECORD_FLOW;
}

/* Totals of one direction. */
static void read_datagrams(const struct fields *o, bool sent, struct flow *flow)
{
	*(sent ? &flow->tx_packets : &flow->rx_packets) = number(o, F_PACKETS);
	*(sent ? &flow->tx_bytes : &flow->rx_bytes) = number(o, F_BYTES);
}

static const struct {
	const char *event, *name;
} names[] = {
	{ "connect", "CONNECT" },   { "accept", "ACCEPT" }, { "close", "CLOSE" }, { "retransmit", "RETRANSMIT" },
	{ "udp_send", "SEND" },	    { "udp_recv", "RECV" }, { "flow", NULL },	  { "socket", NULL },
	{ "connect_failed", "CONNECT_FAILED" },
};

static enum record_kind read_event(const struct fields *o, const char *event, struct flow *flow)
{
	enum record_kind kind;
	size_t i;

	if (!strcmp(event, "icmp"))
		return read_icmp(o, flow);
	for (i = 0; i < sizeof(names) / sizeof(names[0]) && strcmp(event, names[i].event); i++)
		;
	if (i == sizeof(names) / sizeof(names[0]))
		return RECORD_OTHER;
	flow->event = names[i].name;
	kind = read_socket(o, flow);
	if (kind != RECORD_FLOW)
		return kind;
	if (flow->event && (!strcmp(flow->event, "SEND") || !strcmp(flow->event, "RECV")))
		read_datagrams(o, *flow->event == 'S', flow);
	if (flow->event && (!strcmp(flow->event, "CONNECT") || !strcmp(flow->event, "CONNECT_FAILED")))
		flow->latency_us = number(o, F_LATENCY_US);
	flow->listens = flow->state && (!strcmp(flow->state, "LISTEN") || !strcmp(flow->state, "UNCONNECTED"));
	if (!flow->remote_ip && !flow->listens)
		return RECORD_OTHER; /* what a peer nobody knows sent belongs to no flow */
	return RECORD_FLOW;
}

enum record_kind record_read(char *line, size_t length, struct flow *flow, int64_t *lost, struct fields *fields)
{
	const char *event = fields_read(fields, line, length) ? text(fields, F_EVENT) : NULL;

	if (!event)
		return RECORD_BAD;
	if (!strcmp(event, "lost")) {
		*lost = number(fields, F_COUNT);
		return *lost == UNKNOWN ? RECORD_BAD : RECORD_LOST;
	}
	*flow = (struct flow){
		.duration_us = UNKNOWN, .latency_us = UNKNOWN, .tx_bytes = UNKNOWN, .rx_bytes = UNKNOWN,
		.tx_packets = UNKNOWN, .rx_packets = UNKNOWN, .acked = UNKNOWN, .retransmits = UNKNOWN,
		.unacked = UNKNOWN, .lost = UNKNOWN, .rtt_us = UNKNOWN, .rtt_var_us = UNKNOWN,
		.icmp_type = UNKNOWN, .icmp_code = UNKNOWN, .pid = UNKNOWN, .tid = UNKNOWN, .uid = UNKNOWN,
		.gid = UNKNOWN, .ppid = UNKNOWN, .netns = UNKNOWN,
	};
	return read_event(fields, event, flow);
}

static bool is_loopback(const char *ip)
{
	return ip && (!strncmp(ip, "127.", 4) || !strcmp(ip, "::1") || !strncmp(ip, "::ffff:127.", 11));
}

bool flow_is_loopback(const struct flow *flow)
{
	return is_loopback(flow->local_ip) || is_loopback(flow->remote_ip) ||
	       (flow->if_name && !strcmp(flow->if_name, "lo"));
}
