// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* text.c - a record as a sentence. */
#include "format.h"

static char *put_string(char *to, const char *string)
{
	size_t length = strlen(string);

	memcpy(to, string, length);
	return to + length;
}

char *put_endpoint(char *to, int ip_version, const uint8_t *address, uint16_t port)
{
	if (ip_version == 6)
		*to++ = '[';
	to = put_address(to, ip_version, address);
	if (ip_version == 6)
		*to++ = ']';
	*to++ = ':';
	return put_u64(to, port);
}

static char *put_inner(char *to, const struct rs_icmp *r, const uint8_t *address, uint16_t port)
{
	if (!(r->flags & RS_INNER_PORTS))
		return put_address(to, r->hdr.ip_version, address);
	return put_endpoint(to, r->hdr.ip_version, address, port);
}

char *put_seconds(char *to, int64_t time_ns)
{
	uint64_t us = (uint64_t)time_ns / 1000;

	to = put_u64(to, us / 1000000);
	*to++ = '.';
	return put_digits6(to, (uint32_t)(us % 1000000));
}

size_t ringside_text(char *buffer, const struct ringside_event *event)
{
	const struct rs_icmp *r = event->record;
	char *to = buffer;

	if (event->kind != RINGSIDE_RECORD)
		return 0;
	if (r->hdr.type != RS_ICMP)
		return text_flow(buffer, event);
	to = put_seconds(to, event->time_ns);
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
		to = put_inner(to, r, r->inner_src, r->inner_sport);
		to = PUT(to, " to ");
		to = put_inner(to, r, r->inner_dst, r->inner_dport);
	}
	if (r->origin == RS_ORIGIN_PROCESS && event->process) {
		to = PUT(to, " pid ");
		to = put_u64(to, r->pid);
		if (event->process->comm[0])
			*to++ = ' ';
		to = put_text_name(to, event->process->comm, sizeof(event->process->comm));
	}
	*to++ = '\n';
	return (size_t)(to - buffer);
}
