/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* bytes.h - appending to a line: numbers, addresses, strings, without stdio. */
#ifndef RINGSIDE_BYTES_H
#define RINGSIDE_BYTES_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

/* A literal; its length is known when this is compiled. */
#define PUT(to, literal) (memcpy((to), (literal), sizeof(literal) - 1), (to) + sizeof(literal) - 1)

/* All return the end of what they wrote. Numbers and addresses are stored in whole
 * words: up to 7 bytes behind the end may have changed.
 */
static inline char *put_u64(char *to, uint64_t value);		      /* at most 20 bytes */
static inline char *put_ipv4(char *to, const uint8_t address[4]); /* at most 15 */
char *put_ipv6(char *to, const uint8_t address[16]);		      /* at most 39, RFC 5952 */
char *put_digits6(char *to, uint32_t value);	    /* exactly 6, zero-padded */

/* A JSON string with its quotes, valid UTF-8 whatever the bytes are: those that
 * are not become U+FFFD. At most 6 * length + 2 bytes.
 */
char *put_json_string(char *to, const char *bytes, size_t length);

/* For terminals: what would not print, an escape sequence say, is shown as dots. */
char *put_text_name(char *to, const char *name, size_t size);

/* The lowest byte is stored first, wherever this runs. */
static inline char *put_word(char *to, uint64_t word, unsigned int bytes)
{
	word = htole64(word);
	memcpy(to, &word, sizeof(word));
	return to + bytes;
}

/* The eight digits of a number below 10^8 as eight bytes, the first one lowest:
 * halves, quarters and eighths are divided side by side in one word. The products
 * stand for divisions by 100 (up to 9999) and by 10 (up to 99).
 */
static inline uint64_t digits8(uint32_t value)
{
	uint64_t high, x = value / 10000 | (uint64_t)(value % 10000) << 32;

	high = (x * 10486) >> 20 & 0x0000007f0000007f;
	x = high | (x - high * 100) << 16;
	high = (x * 103) >> 10 & 0x000f000f000f000f;
	return high | (x - high * 10) << 8;
}

#define DIGITS_TEXT 0x3030303030303030

static inline char *put_digits8(char *to, uint32_t value)
{
	return put_word(to, digits8(value) | DIGITS_TEXT, 8);
}

/* Without leading zeros. */
static inline char *put_below_1e8(char *to, uint32_t value)
{
	uint64_t digits = digits8(value);
	/* the last digit is one even if it is 0 */
	unsigned int zeros = (unsigned int)__builtin_ctzll(digits | 1ULL << 56) / 8;

	return put_word(to, (digits | DIGITS_TEXT) >> (8 * zeros), 8 - zeros);
}

/* "0." to "255.", without a NUL where there is no room for it. */
extern const char ringside_octets[256][4];

static inline char *put_octet(char *to, uint8_t value) /* at most 3 bytes */
{
	memcpy(to, ringside_octets[value], 4);
	/* no branch: nobody can guess how many digits a byte of an address has */
	return to + 1 + (value > 9) + (value > 99);
}

static inline char *put_u64(char *to, uint64_t value)
{
	const uint64_t e8 = 100000000;

	if (value < 256)
		return put_octet(to, (uint8_t)value);
	if (value < e8)
		return put_below_1e8(to, (uint32_t)value);
	if (value < e8 * e8) {
		to = put_below_1e8(to, (uint32_t)(value / e8));
	} else {
		to = put_below_1e8(to, (uint32_t)(value / (e8 * e8)));
		to = put_digits8(to, (uint32_t)(value / e8 % e8));
	}
	return put_digits8(to, (uint32_t)(value % e8));
}

static inline char *put_ipv4(char *to, const uint8_t address[4])
{
	to = put_octet(to, address[0]) + 1;
	to = put_octet(to, address[1]) + 1;
	to = put_octet(to, address[2]) + 1;
	return put_octet(to, address[3]);
}

static inline char *put_address(char *to, int ip_version, const uint8_t *address)
{
	return ip_version == 6 ? put_ipv6(to, address) : put_ipv4(to, address);
}

#endif
