// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * json.c - a record as a line of JSON. Written by hand because it is hot; the
 * tests have jansson parse every line. Numbers stay below 2^53 (JavaScript).
 */
#include <arpa/inet.h>

#include "format.h"

static char *put_vlans(char *to, const struct rs_icmp *r)
{
	to = PUT(to, ",\"vlan\":[");
	to = put_u64(to, r->vlan[0]);
	if (r->vlans > 1) {
		*to++ = ',';
		to = put_u64(to, r->vlan[1]);
	}
	*to++ = ']';
	return to;
}

static char *put_inner(char *to, const struct rs_icmp *r)
{
	to = PUT(to, ",\"inner\":{\"protocol\":");
	to = put_u64(to, r->inner_protocol);
	to = PUT(to, ",\"src_ip\":\"");
	to = put_address(to, r->hdr.ip_version, r->inner_src);
	to = PUT(to, "\",\"dst_ip\":\"");
	to = put_address(to, r->hdr.ip_version, r->inner_dst);
	*to++ = '"';
	if (r->flags & RS_INNER_PORTS) {
		to = PUT(to, ",\"src_port\":");
		to = put_u64(to, r->inner_sport);
		to = PUT(to, ",\"dst_port\":");
		to = put_u64(to, r->inner_dport);
	}
	*to++ = '}';
	return to;
}

/* Types whose header goes on with an identifier and a sequence number:
 * RFC 792, 950, 4443, 8335.
 */
static int has_id(const struct rs_icmp *r)
{
	if (r->hdr.ip_version == 6)
		return r->icmp_type == 128 || r->icmp_type == 129 || r->icmp_type == 160 || r->icmp_type == 161;
	return r->icmp_type == 0 || r->icmp_type == 8 || (r->icmp_type >= 13 && r->icmp_type <= 18) ||
	       r->icmp_type == 42 || r->icmp_type == 43;
}

/* What the last four bytes of the ICMP header mean, by type. */
static char *put_rest(char *to, const struct rs_icmp *r)
{
	uint32_t rest = ntohl(r->rest);

	if (has_id(r)) {
		to = PUT(to, ",\"icmp_id\":");
		to = put_u64(to, rest >> 16);
		to = PUT(to, ",\"icmp_seq\":");
		to = put_u64(to, rest & 0xffff);
	} else if (r->hdr.ip_version == 6 && r->icmp_type == 2) { /* RFC 4443, 3.2 */
		to = PUT(to, ",\"mtu\":");
		to = put_u64(to, rest);
	} else if (r->hdr.ip_version == 4 && r->icmp_type == 3 && r->icmp_code == 4) { /* RFC 1191, 4 */
		to = PUT(to, ",\"mtu\":");
		to = put_u64(to, rest & 0xffff);
	} else if (r->hdr.ip_version == 4 && r->icmp_type == 5) {
		to = PUT(to, ",\"gateway\":\"");
		to = put_ipv4(to, (const uint8_t *)&r->rest);
		*to++ = '"';
	}
	return to;
}

size_t ringside_json(char *buffer, const struct ringside_event *event)
{
	const struct rs_icmp *r = event->record;
	const struct ringside_source *s = event->source;
	uint64_t us = (uint64_t)event->time_ns / 1000;
	char *to = buffer;

	if (event->kind != RINGSIDE_RECORD)
		return 0;
	if (r->hdr.type != RS_ICMP)
		return json_flow(buffer, event);
	to = PUT(to, "{\"event\":\"icmp\",\"src_ip\":\"");
	to = put_address(to, r->hdr.ip_version, r->src);
	to = PUT(to, "\",\"dst_ip\":\"");
	to = put_address(to, r->hdr.ip_version, r->dst);
	to = PUT(to, "\",\"icmp_type\":");
	to = put_u64(to, r->icmp_type);
	to = PUT(to, ",\"icmp_code\":");
	to = put_u64(to, r->icmp_code);
	to = put_times(to, us);
	to = PUT(to, ",\"if_name\":");
	to = put_if_name(to, s->if_name);
	if (r->hdr.direction == RS_IN)
		to = PUT(to, ",\"direction\":\"in\",\"ip_version\":");
	else
		to = PUT(to, ",\"direction\":\"out\",\"ip_version\":");
	to = put_u64(to, r->hdr.ip_version);
	to = PUT(to, ",\"length\":");
	to = put_u64(to, r->length);
	to = PUT(to, ",\"ttl\":");
	to = put_u64(to, r->ttl);
	to = put_rest(to, r);
	if (r->vlans)
		to = put_vlans(to, r);
	if (r->flags & RS_INNER)
		to = put_inner(to, r);
	if (r->origin != RS_ORIGIN_NONE)
		to = put_origin(to, event);
	to = PUT(to, ",\"cpu\":");
	to = put_u64(to, event->cpu);
	to = PUT(to, ",\"seq\":");
	to = put_u64(to, event->seq);
	to = PUT(to, "}\n");
	return (size_t)(to - buffer);
}
