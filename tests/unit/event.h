/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* event.h - records for the tests of what is printed: likely ones, extreme ones, hostile names. */
#ifndef RINGSIDE_TEST_EVENT_H
#define RINGSIDE_TEST_EVENT_H

#include <arpa/inet.h>

#include "process.h"
#include "ringside.h"
#include "test.h"

/* bytes.h: so many bytes behind the end may have changed. */
#define SLACK 7

struct specimen {
	struct rs_icmp record;
	struct ringside_source source;
	struct ringside_event event;
	struct subject subject;
};

/* Biased towards what is special: zeros, ones, zero groups, IPv4 inside. */
static inline void random_address(uint64_t *random, uint8_t address[16])
{
	random_bytes(random, address, 16);
	for (int group = 0; group < 8; group++) {
		switch (random_below(random, 4)) {
		case 0:
		case 1: address[2 * group] = address[2 * group + 1] = 0; break;
		case 2: address[2 * group] = 0; break;
		}
	}
	switch (random_below(random, 16)) {
	case 0: memset(address, 0, 16); break;
	case 1: memset(address, 0xff, 16); break;
	case 2: memset(address, 0, 10); address[10] = address[11] = 0xff; break;
	case 3: memset(address, 0, 12); break;
	}
}

/* As glibc writes it, but for one kind: it has ::1.2.3.4 for addresses of the
 * "IPv4-compatible" form, which is deprecated; RFC 5952, 5 asks for dots only
 * where a prefix says that there is IPv4 inside.
 */
static inline const char *expected_address(int ip_version, const uint8_t *address, char text[64])
{
	CHECK(inet_ntop(ip_version == 4 ? AF_INET : AF_INET6, address, text, 64));
	if (ip_version == 6 && strchr(text, '.') && strncmp(text, "::ffff:", 7))
		snprintf(text, 64, "::%x:%x", address[12] << 8 | address[13], address[14] << 8 | address[15]);
	return text;
}

/* Any bytes but NUL, and up to all 16, without a NUL at the end. */
static inline void random_name(uint64_t *random, char name[16])
{
	static const char *const nasty[] = {
		"eth0", "", "\"\\/\b\f\n\r\t", "\xff\xfe\xc3\x28", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xed\xa0\x80",
		"\xc0\x80", "\xe2\x82", "\xf4\x90\x80\x80", "\x01\x02\x1b[31m\x7f", "abcdefghijklmn\xe2\x82", "\x1b]0;x\a",
		"</script>", "\xef\xbf\xbd", "\xe2\x80\xa8", "\xc2\x80\xc2\x9b",
	};

	char text[17] = "";

	memset(name, 0, 16);
	switch (random_below(random, 3)) {
	case 0:
		snprintf(text, sizeof(text), "%s", nasty[random_below(random, sizeof(nasty) / sizeof(nasty[0]))]);
		memcpy(name, text, 16);
		break;
	case 1:
		for (uint64_t i = 0, length = random_below(random, 17); i < length; i++)
			name[i] = (char)(1 + random_below(random, 255));
		break;
	default: /* mostly text, with a byte or two of anything */
		for (uint64_t i = 0, length = 1 + random_below(random, 15); i < length; i++)
			name[i] = (char)(random_below(random, 5) ? 'a' + (int)random_below(random, 26) :
								   1 + (int)random_below(random, 255));
		break;
	}
}

static inline uint64_t random_extreme(uint64_t *random, uint64_t most)
{
	switch (random_below(random, 4)) {
	case 0: return 0;
	case 1: return most;
	case 2: return most < UINT64_MAX ? random_below(random, most + 1) : random_u64(random);
	default: return most >> random_below(random, 64);
	}
}

static inline void specimen_fill(struct specimen *s, uint64_t *random, int ip_version, int type)
{
	struct rs_icmp *r = &s->record;

	random_bytes(random, r, sizeof(*r)); /* what has no meaning may hold anything */
	r->hdr.type = RS_ICMP;
	r->hdr.direction = random_below(random, 2) ? RS_IN : RS_OUT;
	r->hdr.ip_version = (__u8)ip_version;
	r->icmp_type = (__u8)type;
	r->icmp_code = (__u8)(random_below(random, 2) ? random_below(random, 6) : random_u64(random));
	r->flags = (__u8)random_below(random, 4);
	random_address(random, r->src);
	random_address(random, r->dst);
	random_address(random, r->inner_src);
	random_address(random, r->inner_dst);
	r->inner_sport = (__u16)random_extreme(random, 65535);
	r->inner_dport = (__u16)random_extreme(random, 65535);
	r->length = (__u32)random_extreme(random, UINT32_MAX);
	r->rest = htonl((uint32_t)random_extreme(random, UINT32_MAX));
	r->vlans = (__u8)random_below(random, 3);
	r->vlan[0] = (__u16)random_extreme(random, 4095);
	r->vlan[1] = (__u16)random_extreme(random, 4095);
	r->origin = (__u8)random_below(random, 4); /* 3: of a later version */
	subject_fill(&s->subject, random);
	memset(&s->source, 'x', sizeof(s->source)); /* what is behind the name is none of it */
	random_name(random, s->source.if_name);
	s->event = (struct ringside_event){
		.kind = RINGSIDE_RECORD, .record = r, .source = &s->source,
		.cpu = (uint32_t)random_extreme(random, UINT32_MAX),
		.seq = random_extreme(random, (1ULL << 53) - 1),
		/* microseconds below 2^53: until the year 2255 */
		.time_ns = (int64_t)random_extreme(random, (1ULL << 53) * 1000 - 1),
		.process = random_below(random, 3) ? &s->subject.process : NULL,
		.names = random_below(random, 3) ? &s->subject.names : NULL,
	};
}

#endif
