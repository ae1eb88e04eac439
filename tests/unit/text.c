// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A record as text has the original's words for every type, and no byte that a terminal would obey. */
#include "event.h"

static uint64_t seed;

static char *text_of(const struct specimen *s)
{
	static char buffer[RINGSIDE_LINE_MAX + SLACK + 1];
	size_t length;

	memset(buffer, 0xee, sizeof(buffer));
	length = ringside_text(buffer, &s->event);
	CHECK(length > 0 && length < RINGSIDE_LINE_MAX);
	EQUAL((uint8_t)buffer[length + SLACK], 0xee);
	buffer[length] = '\0';
	return buffer;
}

static void test_samples(void)
{
	struct specimen s = { .source.if_name = "eth0" };

	s.record = (struct rs_icmp){
		.hdr = { .type = RS_ICMP, .direction = RS_OUT, .ip_version = 4 }, .icmp_type = 8,
		.src = { 192, 168, 1, 100 }, .dst = { 8, 8, 8, 8 },
	};
	s.event = (struct ringside_event){ .kind = RINGSIDE_RECORD, .record = &s.record, .source = &s.source,
					   .time_ns = 1692123456000012345 };
	EQUAL_TEXT(text_of(&s),
		   "1692123456.000012 [eth0][out] ICMP Echo Request from 192.168.1.100 to 8.8.8.8 (code: 0)\n");

	s.record.icmp_type = 3;
	s.record.icmp_code = 1;
	s.record.hdr.direction = RS_IN;
	s.record.flags = RS_INNER | RS_INNER_PORTS;
	s.record.inner_protocol = 17;
	memcpy(s.record.inner_src, (uint8_t[]){ 10, 0, 0, 1 }, 4);
	memcpy(s.record.inner_dst, (uint8_t[]){ 10, 0, 0, 2 }, 4);
	s.record.inner_sport = 53;
	s.record.inner_dport = 65535;
	EQUAL_TEXT(text_of(&s), "1692123456.000012 [eth0][in] ICMP Destination Unreachable from 192.168.1.100 to 8.8.8.8"
				" (code: 1) about protocol 17 from 10.0.0.1:53 to 10.0.0.2:65535\n");

	memset(s.record.src, 0, 128 - offsetof(struct rs_icmp, src));
	s.record.hdr.ip_version = 6;
	s.record.icmp_type = 1;
	s.record.src[15] = 1;
	EQUAL_TEXT(text_of(&s), "1692123456.000012 [eth0][in] ICMPv6 Destination Unreachable from ::1 to :: (code: 1)"
				" about protocol 0 from [::]:0 to [::]:0\n");
	s.record.flags = RS_INNER;
	EQUAL_TEXT(text_of(&s), "1692123456.000012 [eth0][in] ICMPv6 Destination Unreachable from ::1 to :: (code: 1)"
				" about protocol 0 from :: to ::\n");
}

/* Names as they are known, not as icmp_names.c has them. */
static void test_names(void)
{
	static const struct { int version, type; const char *name; } known[] = {
		{ 4, 0, "Echo Reply" }, { 4, 3, "Destination Unreachable" }, { 4, 4, "Source Quench" }, { 4, 5, "Redirect" },
		{ 4, 8, "Echo Request" }, { 4, 9, "Router Advertisement" }, { 4, 10, "Router Solicitation" },
		{ 4, 11, "Time Exceeded" }, { 4, 12, "Parameter Problem" }, { 4, 13, "Timestamp" },
		{ 4, 14, "Timestamp Reply" }, { 4, 17, "Address Mask Request" }, { 4, 18, "Address Mask Reply" },
		{ 4, 30, "Traceroute" }, { 4, 42, "Extended Echo Request" }, { 4, 43, "Extended Echo Reply" },
		{ 4, 1, "Unassigned" }, { 4, 7, "Unassigned" }, { 4, 44, "Unassigned" }, { 4, 128, "Unassigned" },
		{ 6, 1, "Destination Unreachable" }, { 6, 2, "Packet Too Big" }, { 6, 3, "Time Exceeded" },
		{ 6, 4, "Parameter Problem" }, { 6, 128, "Echo Request" }, { 6, 129, "Echo Reply" },
		{ 6, 133, "Router Solicitation" }, { 6, 134, "Router Advertisement" }, { 6, 135, "Neighbor Solicitation" },
		{ 6, 136, "Neighbor Advertisement" }, { 6, 137, "Redirect Message" },
		{ 6, 143, "Version 2 Multicast Listener Report" }, { 6, 8, "Unassigned" }, { 6, 162, "Unassigned" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		EQUAL_TEXT(ringside_icmp_name(known[i].version, known[i].type), known[i].name);
	EQUAL_TEXT(ringside_icmp_name(4, -1), "Unassigned");
	EQUAL_TEXT(ringside_icmp_name(6, 256), "Unassigned");
}

static void check_text(const struct specimen *s, int type)
{
	const struct rs_icmp *r = &s->record;
	char expected[512], src[64], dst[64], name[17] = "";
	char *text = text_of(s);
	uint64_t us = (uint64_t)s->event.time_ns / 1000;

	expected_address(r->hdr.ip_version, r->src, src);
	expected_address(r->hdr.ip_version, r->dst, dst);
	for (int i = 0; i < 16 && s->source.if_name[i]; i++)
		name[i] = s->source.if_name[i] > ' ' && s->source.if_name[i] <= '~' ? s->source.if_name[i] : '.';
	snprintf(expected, sizeof(expected), "%" PRIu64 ".%06" PRIu64 " [%s][%s] ICMP%s %s from %s to %s (code: %d)",
		 us / 1000000, us % 1000000, name, r->hdr.direction == RS_IN ? "in" : "out",
		 r->hdr.ip_version == 6 ? "v6" : "", ringside_icmp_name(r->hdr.ip_version, type), src, dst, r->icmp_code);
	for (char *c = text; c[1]; c++)
		if (*c < ' ' || *c > '~')
			TEST_FAIL("byte 0x%02x in: %s", (uint8_t)*c, text);
	EQUAL(text[strlen(text) - 1], '\n');
	if (r->origin == RS_ORIGIN_PROCESS && s->event.process) {
		char who[64], comm[17] = "";
		char *at = strstr(text, " pid ");
		for (int i = 0; i < 16 && s->subject.process.comm[i]; i++)
			comm[i] = s->subject.process.comm[i] > ' ' && s->subject.process.comm[i] <= '~' ? s->subject.process.comm[i] : '.';
		snprintf(who, sizeof(who), " pid %u%s%s\n", r->pid, *comm ? " " : "", comm);
		EQUAL_TEXT(at, who);
		strcpy(at, "\n");
	}
	CHECK(!strstr(text, " pid "));
	if (!(r->flags & RS_INNER)) {
		text[strlen(text) - 1] = '\0';
		EQUAL_TEXT(text, expected);
	} else if (strncmp(text, expected, strlen(expected)) || strncmp(text + strlen(expected), " about protocol ", 16)) {
		TEST_FAIL("expected %s about ...\n  found    %s", expected, text);
	}
}

static void test_every_type(void)
{
	uint64_t random = seed;
	struct specimen s;

	for (int round = 0; round < 100; round++) {
		for (int type = 0; type < 512; type++) {
			WHERE("seed %" PRIu64 ", round %d, type %d", seed, round, type);
			specimen_fill(&s, &random, type < 256 ? 4 : 6, type % 256);
			check_text(&s, type % 256);
		}
	}
	test_where[0] = '\0';
}

int main(void)
{
	seed = random_seed();
	test_samples();
	test_names();
	test_every_type();
	return 0;
}
