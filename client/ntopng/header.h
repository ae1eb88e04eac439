/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * header.h - the first part of each message: what it is, and its number.
 *
 * Offsets, sizes in bytes; big-endian but where it says otherwise:
 *   v1  topic[16]  version[1]@16 = 2 (JSON) or 3 (TLV)  source[1]@17  size[2]@18  number[4]@20                    24
 *   v3  topic[16]  version[1]@16 = 4  flags[1]@17  0[2]  size[4]@20, size[4]@24 (little-endian, whole and as
 *       sent)  number[4]@28  source[4]@32                                                                         36
 */
#ifndef NTOPNG_HEADER_H
#define NTOPNG_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEADER_MOST 36
#define TOPIC_SIZE 16

struct header_as {
	int version; /* 1 or 3 */
	uint32_t source_id;
};

/* Returns the header's size. TLV: what the payload is; all but flows are JSON. */
size_t header_make(uint8_t header[HEADER_MOST], const struct header_as *as, const char *topic, bool tlv, size_t size,
		   uint32_t number);

#endif
