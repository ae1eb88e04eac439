// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "record.h"

#define NUMBER_MOST (1LL << 53) /* as in all of ringside's lines; in ms it still fits in µs */

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value && *value ? value : NULL;
}

static int64_t number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	json_int_t n = json_is_integer(value) ? json_integer_value(value) : UNKNOWN;

	return n >= 0 && n <= NUMBER_MOST ? n : UNKNOWN;
}

static bool is_address(const char *ip, int version)
{
	unsigned char address[16];

	return ip && inet_pton(version == 6 ? AF_INET6 : AF_INET, ip, address) == 1;
}

static void read_process(const json_t *o, struct flow *flow)
{
	flow->pid = number(o, "pid");
	flow->tid = number(o, "tid");
	flow->uid = number(o, "uid");
	flow->gid = number(o, "gid");
	flow->ppid = number(o, "ppid");
	flow->user = text(o, "user");
	flow->comm = text(o, "comm");
	flow->path = text(o, "exe") ?: flow->comm;
	flow->parent_comm = text(o, "parent_comm");
	flow->parent_path = text(o, "parent_exe") ?: flow->parent_comm;
	flow->netns = number(o, "netns");
	flow->container = (struct container){
		.id = text(o, "container_id"),
		.name = text(o, "container_name"),
		.pod = text(o, "pod"),
		.namespace = text(o, "namespace"),
		.in_pod = text(o, "pod_uid") || text(o, "pod"),
	};
}

static void read_direction(const json_t *o, struct flow *flow)
{
	const char *direction = text(o, "direction");

	flow->local_is_server = direction && !strcmp(direction, "in");
	flow->local_is_client = direction && !strcmp(direction, "out");
}

static void read_time(const json_t *o, struct flow *flow)
{
	struct timespec now;

	flow->time_us = number(o, "ts_us");
	if (flow->time_us != UNKNOWN)
		return;
	if (number(o, "timestamp") != UNKNOWN) {
		flow->time_us = number(o, "timestamp") * 1000;
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	flow->time_us = now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static void read_tcp(const json_t *o, struct flow *flow)
{
	flow->state = text(o, "state");
	flow->acked = number(o, "tx_acked");
	flow->retransmits = number(o, "retransmits");
	flow->unacked = number(o, "unacked");
	flow->lost = number(o, "lost");
	flow->rtt_us = number(o, "rtt_us");
	flow->rtt_var_us = number(o, "rtt_var_us");
	flow->has_tcp = flow->protocol == IPPROTO_TCP &&
			(flow->state || flow->retransmits != UNKNOWN || flow->tx_bytes != UNKNOWN);
}

/* A side that is not known has no address; a port belongs to one that is. */
static bool read_side(const json_t *o, const char *ip_key, const char *port_key, int version, const char **ip, int *port)
{
	int64_t value = number(o, port_key);

	*ip = text(o, ip_key);
	*port = 0;
	if (!*ip)
		return json_object_get(o, ip_key) == NULL;
	if (!is_address(*ip, version) || value > 65535)
		return false;
	if (value == UNKNOWN && json_object_get(o, port_key))
		return false;
	*port = value == UNKNOWN ? 0 : (int)value;
	return true;
}

static bool read_version(const json_t *o, struct flow *flow)
{
	int64_t version = number(o, "ip_version");

	flow->ip_version = version == 6 ? 6 : 4;
	return version == 4 || version == 6;
}

static enum record_kind read_socket(const json_t *o, struct flow *flow, const char *local, const char *remote)
{
	int64_t protocol = number(o, "protocol");

	if (protocol < 0 || protocol > 255 || !read_version(o, flow))
		return RECORD_BAD;
	flow->protocol = (int)protocol;
	if (!read_side(o, local, "local_port", flow->ip_version, &flow->local_ip, &flow->local_port) ||
	    !read_side(o, remote, "remote_port", flow->ip_version, &flow->remote_ip, &flow->remote_port))
		return RECORD_BAD;
	if (!flow->local_ip)
		return RECORD_BAD;
	flow->if_name = text(o, "if_name");
	flow->duration_us = number(o, "duration_us");
	flow->tx_bytes = number(o, "tx_bytes");
	flow->rx_bytes = number(o, "rx_bytes");
	flow->tx_packets = number(o, "tx_packets");
	flow->rx_packets = number(o, "rx_packets");
	read_direction(o, flow);
	read_time(o, flow);
	read_tcp(o, flow);
	read_process(o, flow);
	return RECORD_FLOW;
}

static enum record_kind read_icmp(const json_t *o, struct flow *flow)
{
	if (!read_version(o, flow))
		return RECORD_BAD;
	flow->protocol = flow->ip_version == 6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	flow->local_ip = text(o, "src_ip");
	flow->remote_ip = text(o, "dst_ip");
	flow->icmp_type = number(o, "icmp_type");
	flow->icmp_code = number(o, "icmp_code");
	if (!is_address(flow->local_ip, flow->ip_version) || !is_address(flow->remote_ip, flow->ip_version) ||
	    flow->icmp_type < 0 || flow->icmp_type > 255 || flow->icmp_code < 0 || flow->icmp_code > 255)
		return RECORD_BAD;
	flow->if_name = text(o, "if_name");
	flow->tx_packets = 1;
	flow->tx_bytes = number(o, "length");
	flow->only_these = true;
	/* the packet's source stands where the local side does; on the way in, this host is the destination */
	read_direction(o, flow);
	read_time(o, flow);
	read_process(o, flow);
	return RECORD_FLOW;
}

/* Totals of one direction. */
static void read_datagrams(const json_t *o, bool sent, struct flow *flow)
{
	*(sent ? &flow->tx_packets : &flow->rx_packets) = number(o, "packets");
	*(sent ? &flow->tx_bytes : &flow->rx_bytes) = number(o, "bytes");
}

static const struct {
	const char *event, *name;
} names[] = {
	{ "connect", "CONNECT" },   { "accept", "ACCEPT" }, { "close", "CLOSE" }, { "retransmit", "RETRANSMIT" },
	{ "udp_send", "SEND" },	    { "udp_recv", "RECV" }, { "flow", NULL },	  { "socket", NULL },
	{ "connect_failed", "CONNECT_FAILED" },
};

static enum record_kind read_event(const json_t *o, const char *event, struct flow *flow)
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
	kind = read_socket(o, flow, "local_ip", "remote_ip");
	if (kind != RECORD_FLOW)
		return kind;
	if (flow->event && (!strcmp(flow->event, "SEND") || !strcmp(flow->event, "RECV")))
		read_datagrams(o, *flow->event == 'S', flow);
	if (flow->event && (!strcmp(flow->event, "CONNECT") || !strcmp(flow->event, "CONNECT_FAILED")))
		flow->latency_us = number(o, "latency_us");
	flow->listens = flow->state && (!strcmp(flow->state, "LISTEN") || !strcmp(flow->state, "UNCONNECTED"));
	if (!flow->remote_ip && !flow->listens)
		return RECORD_OTHER; /* what a peer nobody knows sent belongs to no flow */
	return RECORD_FLOW;
}

enum record_kind record_read(const char *line, size_t length, struct flow *flow, int64_t *lost, json_t **keep)
{
	json_t *object = json_loadb(line, length, 0, NULL);
	const char *event;

	*keep = object;
	event = json_is_object(object) ? json_string_value(json_object_get(object, "event")) : NULL;
	if (!event)
		return RECORD_BAD;
	if (!strcmp(event, "lost")) {
		*lost = number(object, "count");
		return *lost == UNKNOWN ? RECORD_BAD : RECORD_LOST;
	}
	*flow = (struct flow){
		.duration_us = UNKNOWN, .latency_us = UNKNOWN, .tx_bytes = UNKNOWN, .rx_bytes = UNKNOWN,
		.tx_packets = UNKNOWN, .rx_packets = UNKNOWN, .acked = UNKNOWN, .retransmits = UNKNOWN,
		.unacked = UNKNOWN, .lost = UNKNOWN, .rtt_us = UNKNOWN, .rtt_var_us = UNKNOWN,
		.icmp_type = UNKNOWN, .icmp_code = UNKNOWN, .pid = UNKNOWN, .tid = UNKNOWN, .uid = UNKNOWN,
		.gid = UNKNOWN, .ppid = UNKNOWN, .netns = UNKNOWN,
	};
	return read_event(object, event, flow);
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
