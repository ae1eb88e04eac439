/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* bytes.h - a message being written: what does not fit is left out, and the message is known to be cut. */
#ifndef NTOPNG_BYTES_H
#define NTOPNG_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define MESSAGE_MOST 32768 /* bytes of a payload: what every ntopng takes (from 5.2 on 131072) */

struct bytes {
	size_t length;
	bool cut;
	char data[MESSAGE_MOST];
};

static inline void bytes_clear(struct bytes *b)
{
	b->length = 0;
	b->cut = false;
}

static inline char *bytes_room(struct bytes *b, size_t length)
{
	char *to = b->data + b->length;

	if (length > sizeof(b->data) - b->length) {
		b->cut = true;
		return NULL;
	}
	b->length += length;
	return to;
}

static inline void put_bytes(struct bytes *b, const void *from, size_t length)
{
	char *to = bytes_room(b, length);

	if (to)
		memcpy(to, from, length);
}

static inline void put_byte(struct bytes *b, uint8_t value)
{
	put_bytes(b, &value, 1);
}

#define PUT(b, literal) put_bytes((b), "" literal, sizeof(literal) - 1)

#endif
