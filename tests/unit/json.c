// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Every line of JSON parses, says exactly what is in the record, and nothing else, whatever the bytes are. */
#include <jansson.h>

#include "event.h"

static uint64_t seed;

static json_t *parse(const char *line, size_t length)
{
	json_error_t error;
	json_t *object;

	CHECK(length > 1 && length < RINGSIDE_LINE_MAX);
	EQUAL(line[length - 1], '\n');
	CHECK(!memchr(line, '\n', length - 1)); /* one line */
	CHECK(!memchr(line, '\0', length));
	object = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
	if (!object)
		TEST_FAIL("%s\n  %.*s", error.text, (int)length, line);
	CHECK(json_is_object(object));
	return object;
}

/* Each of these takes a key away, so that what is left over at the end shows. */
static void take_number(json_t *object, const char *key, uint64_t expected)
{
	json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		TEST_FAIL("%s is not an integer", key);
	if ((uint64_t)json_integer_value(value) != expected)
		TEST_FAIL("%s: expected %" PRIu64 ", found %" JSON_INTEGER_FORMAT, key, expected, json_integer_value(value));
	CHECK(expected < 1ULL << 53);
	json_object_del(object, key);
}

static void take_text(json_t *object, const char *key, const char *expected)
{
	json_t *value = json_object_get(object, key);

	if (!json_is_string(value) || strcmp(json_string_value(value), expected))
		TEST_FAIL("%s: expected %s, found %s", key, expected, json_is_string(value) ? json_string_value(value) : "none");
	json_object_del(object, key);
}

static void take_address(json_t *object, const char *key, int ip_version, const uint8_t *address)
{
	char text[64];

	take_text(object, key, expected_address(ip_version, address, text));
}

static void check_all_taken(json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
		TEST_FAIL("there is no reason for the key %s", key);
}

/* What a strict reader makes of a name: each byte that is not of a UTF-8
 * character is U+FFFD. By the table of RFC 3629, 4, not by the code under test.
 */
static void expect_utf8(const char *bytes, size_t size, char *to)
{
	static const struct { unsigned char first, last, low, high; int more; } rows[] = {
		{ 0x01, 0x7f, 0, 0, 0 },       { 0xc2, 0xdf, 0x80, 0xbf, 1 }, { 0xe0, 0xe0, 0xa0, 0xbf, 2 },
		{ 0xe1, 0xec, 0x80, 0xbf, 2 }, { 0xed, 0xed, 0x80, 0x9f, 2 }, { 0xee, 0xef, 0x80, 0xbf, 2 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 3 }, { 0xf1, 0xf3, 0x80, 0xbf, 3 }, { 0xf4, 0xf4, 0x80, 0x8f, 3 },
	};
	const unsigned char *s = (const unsigned char *)bytes;

	for (size_t i = 0; i < size;) {
		size_t taken = 0;
		for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
			bool fits = s[i] >= rows[row].first && s[i] <= rows[row].last && i + (size_t)rows[row].more < size;
			for (int k = 1; fits && k <= rows[row].more; k++)
				fits = s[i + (size_t)k] >= (k == 1 ? rows[row].low : 0x80) &&
				       s[i + (size_t)k] <= (k == 1 ? rows[row].high : 0xbf);
			if (fits)
				taken = 1 + (size_t)rows[row].more;
		}
		if (taken) {
			memcpy(to, s + i, taken);
			to += taken;
			i += taken;
		} else {
			memcpy(to, "\xef\xbf\xbd", 3);
			to += 3;
			i++;
		}
	}
	*to = '\0';
}

/* Types whose header has an identifier and a sequence number (IANA's tables). */
static bool has_id(int ip_version, int type)
{
	static const int v4[] = { 0, 8, 13, 14, 15, 16, 17, 18, 42, 43, -1 }, v6[] = { 128, 129, 160, 161, -1 };

	for (const int *t = ip_version == 4 ? v4 : v6; *t >= 0; t++)
		if (*t == type)
			return true;
	return false;
}

static void check_rest(json_t *object, const struct rs_icmp *r)
{
	const uint8_t *b = (const uint8_t *)&r->rest;

	if (has_id(r->hdr.ip_version, r->icmp_type)) {
		take_number(object, "icmp_id", b[0] * 256U + b[1]);
		take_number(object, "icmp_seq", b[2] * 256U + b[3]);
	} else if (r->hdr.ip_version == 6 && r->icmp_type == 2) {
		take_number(object, "mtu", ((uint64_t)b[0] << 24) + (b[1] << 16) + (b[2] << 8) + b[3]);
	} else if (r->hdr.ip_version == 4 && r->icmp_type == 3 && r->icmp_code == 4) {
		take_number(object, "mtu", b[2] * 256U + b[3]);
	} else if (r->hdr.ip_version == 4 && r->icmp_type == 5) {
		take_address(object, "gateway", 4, b);
	}
}

static void check_inner(json_t *object, const struct rs_icmp *r)
{
	json_t *inner = json_object_get(object, "inner");

	if (!(r->flags & RS_INNER)) {
		CHECK(!inner);
		return;
	}
	CHECK(json_is_object(inner));
	take_number(inner, "protocol", r->inner_protocol);
	take_address(inner, "src_ip", r->hdr.ip_version, r->inner_src);
	take_address(inner, "dst_ip", r->hdr.ip_version, r->inner_dst);
	if (r->flags & RS_INNER_PORTS) {
		take_number(inner, "src_port", r->inner_sport);
		take_number(inner, "dst_port", r->inner_dport);
	}
	check_all_taken(inner);
	json_object_del(object, "inner");
}

static void check_vlan(json_t *object, const struct rs_icmp *r)
{
	json_t *vlan = json_object_get(object, "vlan");

	if (!r->vlans) {
		CHECK(!vlan);
		return;
	}
	CHECK(json_is_array(vlan));
	EQUAL(json_array_size(vlan), r->vlans);
	for (size_t i = 0; i < r->vlans; i++)
		EQUAL(json_integer_value(json_array_get(vlan, i)), r->vlan[i]);
	json_object_del(object, "vlan");
}

/* The original tool's keys come first, in its order. */
static void check_order(json_t *object)
{
	static const char *const first[] = { "event", "src_ip", "dst_ip", "icmp_type", "icmp_code", "timestamp" };
	void *at = json_object_iter(object);

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++, at = json_object_iter_next(object, at))
		EQUAL_TEXT(json_object_iter_key(at), first[i]);
}

static size_t check_line(const struct specimen *s)
{
	const struct rs_icmp *r = &s->record;
	char buffer[RINGSIDE_LINE_MAX], name[64];
	size_t length;
	json_t *object;

	memset(buffer, 0xee, sizeof(buffer));
	length = ringside_json(buffer, &s->event);
	object = parse(buffer, length);
	for (size_t i = length + SLACK; i < sizeof(buffer); i++)
		EQUAL((uint8_t)buffer[i], 0xee);
	check_order(object);
	take_text(object, "event", "icmp");
	take_address(object, "src_ip", r->hdr.ip_version, r->src);
	take_address(object, "dst_ip", r->hdr.ip_version, r->dst);
	take_number(object, "icmp_type", r->icmp_type);
	take_number(object, "icmp_code", r->icmp_code);
	take_number(object, "timestamp", (uint64_t)s->event.time_ns / 1000000);
	take_number(object, "ts_us", (uint64_t)s->event.time_ns / 1000);
	expect_utf8(s->source.if_name, strnlen(s->source.if_name, 16), name);
	take_text(object, "if_name", name);
	take_text(object, "direction", r->hdr.direction == RS_IN ? "in" : "out");
	take_number(object, "ip_version", r->hdr.ip_version);
	take_number(object, "length", r->length);
	take_number(object, "ttl", r->ttl);
	check_rest(object, r);
	check_vlan(object, r);
	check_inner(object, r);
	take_number(object, "cpu", s->event.cpu);
	take_number(object, "seq", s->event.seq);
	check_all_taken(object);
	json_decref(object);
	return length;
}

/* ------------------------------------------------------------------ records */

static void test_records(void)
{
	uint64_t random = seed;
	struct specimen s;
	size_t length, longest = 0;

	for (int round = 0; round < 40; round++) {
		for (int type = 0; type < 512; type++) {
			WHERE("seed %" PRIu64 ", round %d, type %d", seed, round, type);
			specimen_fill(&s, &random, type < 256 ? 4 : 6, type % 256);
			length = check_line(&s);
			longest = length > longest ? length : longest;
		}
	}
	printf("%d records, the longest line %zu bytes\n", 40 * 512, longest);
	test_where[0] = '\0';
}

/* Where the number of digits changes, and on either side of it. */
static void test_times(void)
{
	uint64_t random = seed, us = 1;
	struct specimen s;

	specimen_fill(&s, &random, 4, 8);
	for (int digits = 1; digits <= 16; digits++, us *= 10) {
		for (int64_t off = -2000; off < 2000; off++) {
			int64_t at = (int64_t)us + off;
			if (at < 0 || at >= 1LL << 53)
				continue;
			WHERE("%" PRId64 " us", at);
			s.event.time_ns = at * 1000 + 999;
			if (off % 100 == 0 || (off > -3 && off < 3))
				check_line(&s);
		}
	}
	for (int i = 0; i < 20000; i++) {
		s.event.time_ns = (int64_t)random_below(&random, (1ULL << 53) * 1000);
		WHERE("%" PRId64 " ns", s.event.time_ns);
		check_line(&s);
	}
	test_where[0] = '\0';
}

/* Everything at its widest at once: the buffer must hold it. */
static void test_longest(void)
{
	struct specimen s = {};

	memset(&s.record, 0xff, sizeof(s.record));
	s.record.hdr.type = RS_ICMP;
	s.record.hdr.ip_version = 6;
	s.record.hdr.direction = RS_OUT;
	s.record.flags = RS_INNER | RS_INNER_PORTS;
	s.record.vlans = 2;
	memset(s.source.if_name, 1, sizeof(s.source.if_name)); /* six bytes each, and no NUL */
	s.event = (struct ringside_event){
		.kind = RINGSIDE_RECORD, .record = &s.record, .source = &s.source, .cpu = UINT32_MAX,
		.seq = (1ULL << 53) - 1, .time_ns = (int64_t)((1ULL << 53) * 1000 - 1),
	};
	for (int type = 0; type < 256; type++) {
		s.record.icmp_type = (__u8)type;
		check_line(&s);
	}
	printf("at its widest %zu bytes\n", check_line(&s));
}

/* What has no line: other events, and records of a type that is not known here. */
static void test_nothing_to_print(void)
{
	char buffer[RINGSIDE_LINE_MAX];
	uint64_t random = seed;
	struct specimen s;

	specimen_fill(&s, &random, 4, 8);
	for (int kind = RINGSIDE_RECORD + 1; kind <= RINGSIDE_RENAMED; kind++) {
		s.event.kind = (enum ringside_kind)kind;
		EQUAL(ringside_json(buffer, &s.event), 0);
		EQUAL(ringside_text(buffer, &s.event), 0);
	}
	s.event.kind = RINGSIDE_RECORD;
	for (int type = 0; type < 65536; type++) {
		s.record.hdr.type = (__u16)type;
		EQUAL(ringside_json(buffer, &s.event) > 0, type == RS_ICMP);
		EQUAL(ringside_text(buffer, &s.event) > 0, type == RS_ICMP);
	}
}

/* The line of the first README, byte for byte. */
static void test_sample(void)
{
	static const char expected[] =
		"{\"event\":\"icmp\",\"src_ip\":\"192.168.1.100\",\"dst_ip\":\"8.8.8.8\",\"icmp_type\":8,\"icmp_code\":0,"
		"\"timestamp\":1692123456789,\"ts_us\":1692123456789012,\"if_name\":\"eth0\",\"direction\":\"out\","
		"\"ip_version\":4,\"length\":84,\"ttl\":64,\"icmp_id\":4660,\"icmp_seq\":1,\"cpu\":3,\"seq\":41}\n";
	struct specimen s = { .source.if_name = "eth0" };
	char buffer[RINGSIDE_LINE_MAX];

	s.record = (struct rs_icmp){
		.hdr = { .type = RS_ICMP, .direction = RS_OUT, .ip_version = 4 }, .icmp_type = 8, .ttl = 64,
		.src = { 192, 168, 1, 100 }, .dst = { 8, 8, 8, 8 }, .length = 84, .rest = htonl(0x12340001),
	};
	s.event = (struct ringside_event){
		.kind = RINGSIDE_RECORD, .record = &s.record, .source = &s.source, .cpu = 3, .seq = 41,
		.time_ns = 1692123456789012345,
	};
	buffer[ringside_json(buffer, &s.event)] = '\0';
	EQUAL_TEXT(buffer, expected);
}

int main(void)
{
	seed = random_seed();
	test_sample();
	test_longest();
	test_times();
	test_records();
	test_nothing_to_print();
	return 0;
}
