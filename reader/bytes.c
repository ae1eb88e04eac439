// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "bytes.h"

static const char pairs[] =
	"00010203040506070809101112131415161718192021222324252627282930313233343536373839"
	"40414243444546474849505152535455565758596061626364656667686970717273747576777879"
	"8081828384858687888990919293949596979899";

#define TEN(tens) tens "0.", tens "1.", tens "2.", tens "3.", tens "4.", tens "5.", tens "6.", tens "7.", tens "8.", tens "9."
#define HUNDRED(h) TEN(h "0"), TEN(h "1"), TEN(h "2"), TEN(h "3"), TEN(h "4"), TEN(h "5"), TEN(h "6"), TEN(h "7"), TEN(h "8"), TEN(h "9")
const char ringside_octets[256][4] = {
	TEN(""), TEN("1"), TEN("2"), TEN("3"), TEN("4"), TEN("5"), TEN("6"), TEN("7"), TEN("8"), TEN("9"),
	HUNDRED("1"), TEN("20"), TEN("21"), TEN("22"), TEN("23"), TEN("24"), "250.", "251.", "252.", "253.", "254.", "255.",
};

char *put_digits6(char *to, uint32_t value)
{
	memcpy(to + 4, pairs + value % 100 * 2, 2);
	memcpy(to + 2, pairs + value / 100 % 100 * 2, 2);
	memcpy(to, pairs + value / 10000 % 100 * 2, 2);
	return to + 6;
}

static char *put_hex16(char *to, unsigned int group)
{
	static const char hex[] = "0123456789abcdef";

	if (group >= 0x1000)
		*to++ = hex[group >> 12];
	if (group >= 0x100)
		*to++ = hex[group >> 8 & 15];
	if (group >= 0x10)
		*to++ = hex[group >> 4 & 15];
	*to++ = hex[group & 15];
	return to;
}

/* The longest run of zero groups, two at least; the first of equals (RFC 5952, 4.2). */
static int find_gap(const unsigned int group[8], int *length)
{
	int start = -1;

	*length = 1;
	for (int i = 0; i < 8; i++) {
		int run = 0;
		while (i + run < 8 && group[i + run] == 0)
			run++;
		if (run > *length) {
			start = i;
			*length = run;
		}
		i += run;
	}
	return start;
}

char *put_ipv6(char *to, const uint8_t address[16])
{
	unsigned int group[8];
	int gap, length;

	for (int i = 0; i < 8; i++)
		group[i] = (unsigned int)address[2 * i] << 8 | address[2 * i + 1];
	gap = find_gap(group, &length);
	/* IPv4 inside: mapped (RFC 5952, 5) */
	if (gap == 0 && length == 5 && group[5] == 0xffff)
		return put_ipv4(PUT(to, "::ffff:"), address + 12);
	for (int i = 0; i < 8; i++) {
		if (i == gap) {
			*to++ = ':';
			*to++ = ':';
			i += length - 1;
			continue;
		}
		if (i > 0 && (gap < 0 || i != gap + length))
			*to++ = ':';
		to = put_hex16(to, group[i]);
	}
	return to;
}

/* Bytes of the UTF-8 sequence at s, or 0 where there is none (RFC 3629, 4). */
static size_t utf8_length(const unsigned char *s, size_t left)
{
	size_t length = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

	if (length > left)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return length;
}

char *put_json_string(char *to, const char *bytes, size_t length)
{
	const unsigned char *s = (const unsigned char *)bytes;
	static const char hex[] = "0123456789abcdef";

	*to++ = '"';
	while (length > 0) {
		size_t step;
		if (*s >= 0x20 && *s < 0x7f && *s != '"' && *s != '\\') { /* nearly always */
			*to++ = (char)*s++;
			length--;
			continue;
		}
		step = utf8_length(s, length);
		if (step == 0) {
			to = PUT(to, "\xef\xbf\xbd");
			step = 1;
		} else if (*s == '"' || *s == '\\') {
			*to++ = '\\';
			*to++ = (char)*s;
		} else if (*s < 0x20 || *s == 0x7f) {
			to = PUT(to, "\\u00");
			*to++ = hex[*s >> 4];
			*to++ = hex[*s & 15];
		} else {
			memcpy(to, s, step);
			to += step;
		}
		s += step;
		length -= step;
	}
	*to++ = '"';
	return to;
}

char *put_text_name(char *to, const char *name, size_t size)
{
	for (size_t i = 0; i < size && name[i]; i++)
		*to++ = name[i] > 0x20 && name[i] < 0x7f ? name[i] : '.';
	return to;
}
