// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* text.c - a record as a sentence. */
#include "bytes.h"
#include "ringside.h"

static char *put_string(char *to, const char *string)
{
	size_t length = strlen(string);

	memcpy(to, string, length);
	return to + length;
}

static char *put_endpoint(char *to, const struct rs_icmp *r, const uint8_t *address, uint16_t port)
{
	if (!(r->flags & RS_INNER_PORTS))
		return put_address(to, r->hdr.ip_version, address);
	if (r->hdr.ip_version == 6)
		*to++ = '[';
	to = put_address(to, r->hdr.ip_version, address);
	if (r->hdr.ip_version == 6)
		*to++ = ']';
	*to++ = ':';
	return put_u64(to, port);
}

size_t ringside_text(char *buffer, const struct ringside_event *event)
{
	const struct rs_icmp *r = event->record;
	uint64_t us = (uint64_t)event->time_ns / 1000;
	char *to = buffer;

	if (event->kind != RINGSIDE_RECORD || r->hdr.type != RS_ICMP)
		return 0;
	to = put_u64(to, us / 1000000);
	*to++ = '.';
	to = put_digits6(to, (uint32_t)(us % 1000000));
	to = PUT(to, " [");
	to = put_text_name(to, event->source->if_name, sizeof(event->source->if_name));
	to = r->hdr.direction == RS_IN ? PUT(to, "][in] ICMP") : PUT(to, "][out] ICMP");
	to = r->hdr.ip_version == 6 ? PUT(to, "v6 ") : PUT(to, " ");
	to = put_string(to, ringside_icmp_name(r->hdr.ip_version, r->icmp_type));
	to = PUT(to, " from ");
	to = put_address(to, r->hdr.ip_version, r->src);
	to = PUT(to, " to ");
	to = put_address(to, r->hdr.ip_version, r->dst);
	to = PUT(to, " (code: ");
	to = put_u64(to, r->icmp_code);
	*to++ = ')';
	if (r->flags & RS_INNER) {
		to = PUT(to, " about protocol ");
		to = put_u64(to, r->inner_protocol);
		to = PUT(to, " from ");
		to = put_endpoint(to, r, r->inner_src, r->inner_sport);
		to = PUT(to, " to ");
		to = put_endpoint(to, r, r->inner_dst, r->inner_dport);
	}
	*to++ = '\n';
	return (size_t)(to - buffer);
}
