// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <arpa/inet.h>
#include <endian.h>
#include <string.h>

#include "header.h"

enum { VERSION_JSON = 2, VERSION_TLV = 3, VERSION_FLAGS = 4, FLAG_TLV = 2 };

static size_t make_v1(uint8_t *header, const struct header_as *as, bool tlv, size_t size, uint32_t number)
{
	uint16_t big_size = htons((uint16_t)size);

	header[16] = tlv ? VERSION_TLV : VERSION_JSON;
	header[17] = (uint8_t)as->source_id;
	memcpy(header + 18, &big_size, sizeof(big_size));
	memcpy(header + 20, &number, sizeof(number));
	return 24;
}

static size_t make_v3(uint8_t *header, const struct header_as *as, bool tlv, size_t size, uint32_t number)
{
	uint32_t little_size = htole32((uint32_t)size), source = htonl(as->source_id);

	header[16] = VERSION_FLAGS;
	header[17] = tlv ? FLAG_TLV : 0;
	memcpy(header + 20, &little_size, sizeof(little_size));
	memcpy(header + 24, &little_size, sizeof(little_size));
	memcpy(header + 28, &number, sizeof(number));
	memcpy(header + 32, &source, sizeof(source));
	return 36;
}

size_t header_make(uint8_t header[HEADER_MOST], const struct header_as *as, const char *topic, bool tlv, size_t size,
		   uint32_t number)
{
	memset(header, 0, HEADER_MOST);
	memcpy(header, topic, strnlen(topic, TOPIC_SIZE - 1));
	return as->version == 3 ? make_v3(header, as, tlv, size, htonl(number)) :
				  make_v1(header, as, tlv, size, htonl(number));
}
