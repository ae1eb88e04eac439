/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* format.h - what the lines of packets and those of flows share. */
#ifndef RINGSIDE_FORMAT_H
#define RINGSIDE_FORMAT_H

#include "bytes.h"
#include "ringside.h"

/* Of each of struct ringside_names no more than this is shown. */
#define SHOWN_MAX 256

/* Strings in a line, in bytes before escaping; and what else a line may have at most.
 * The tests have a line with everything at its widest.
 */
#define LINE_STRINGS (16 + 2 * 16 + 2 * (RS_PATH_SIZE + 8) + 4 * SHOWN_MAX)
#define LINE_REST 2048
_Static_assert(6 * LINE_STRINGS + LINE_REST < RINGSIDE_LINE_MAX, "a line may be longer than its buffer");

/* A datagram may have been taken without asking where it came from. */
static inline int knows_remote(const struct rs_flow *r)
{
	static const uint8_t nobody[16];

	return r->hdr.type != RS_UDP_RECV || r->remote_port ||
	       memcmp(r->remote, nobody, r->hdr.ip_version == 6 ? 16 : 4);
}

/* Names are nearly always plain: letters, digits, a dot. */
static inline char *put_if_name(char *to, const char name[16])
{
	char *start = to;

	*to++ = '"';
	for (int i = 0; i < 16 && name[i]; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			return put_json_string(start, name, strnlen(name, 16));
		*to++ = (char)c;
	}
	*to++ = '"';
	return to;
}

/* Both are of the same digits: 16 of microseconds, from 2001 until 2286. */
static inline char *put_times(char *to, uint64_t us)
{
	const uint64_t e8 = 100000000;
	uint64_t first, last;

	if (us < e8 * e8 / 10 || us >= e8 * e8) {
		to = PUT(to, ",\"timestamp\":");
		to = put_u64(to, us / 1000);
		to = PUT(to, ",\"ts_us\":");
		return put_u64(to, us);
	}
	first = digits8((uint32_t)(us / e8)) | DIGITS_TEXT;
	last = digits8((uint32_t)(us % e8)) | DIGITS_TEXT;
	to = PUT(to, ",\"timestamp\":");
	to = put_word(to, first, 8);
	to = put_word(to, last, 5); /* milliseconds */
	to = PUT(to, ",\"ts_us\":");
	to = put_word(to, first, 8);
	return put_word(to, last, 8);
}

/* json_flow.c: a line, or 0 for types that are not known; and of an ICMP record, whose it is */
size_t json_flow(char *buffer, const struct ringside_event *event);
char *put_origin(char *to, const struct ringside_event *event);

/* And the line of a socket, LENGTH bytes that end in "}", with what is known of its process beside it. */
size_t json_socket(char *buffer, const char *line, size_t length, const struct ringside_event *event);

/* text.c: "1692123456.789012" and "[::1]:53" */
char *put_seconds(char *to, int64_t time_ns);
char *put_endpoint(char *to, int ip_version, const uint8_t *address, uint16_t port);

/* text_flow.c */
size_t text_flow(char *buffer, const struct ringside_event *event);

#endif
