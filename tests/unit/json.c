// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Every line of JSON parses, says exactly what is in the record, and nothing else, whatever the bytes are. */
#include "take.h"

static uint64_t seed;

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

static void check_origin(json_t *object, const struct specimen *s)
{
	if (s->record.origin == RS_ORIGIN_KERNEL)
		take_text(object, "origin", "kernel");
	if (s->record.origin != RS_ORIGIN_PROCESS)
		return;
	take_number(object, "pid", s->record.pid);
	if (s->event.process)
		take_user_and_names(object, &s->subject, s->event.names);
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
	check_origin(object, s);
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
	subject_widest(&s.subject);
	s.record.origin = RS_ORIGIN_PROCESS;
	s.event.process = &s.subject.process;
	s.event.names = &s.subject.names;
	printf("and with a process %zu bytes\n", check_line(&s));
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
		if (type >= RS_ICMP && type <= RS_FLOW)
			continue;
		EQUAL(ringside_json(buffer, &s.event), 0);
		EQUAL(ringside_text(buffer, &s.event), 0);
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

/* An echo of a process, of one that is not known any more, and what the kernel sent by itself. */
static void test_origin(void)
{
	static const char *const order[] = { "icmp_seq", "origin", "pid", "uid", "gid", "user", "comm", "exe", "exe_cut", "ppid",
					     "parent_comm", "parent_exe", "container_id", "container_runtime", "pod_uid",
					     "container_name", "pod", "namespace", "cpu", "seq", NULL };
	char buffer[RINGSIDE_LINE_MAX];
	uint64_t random = seed;
	struct specimen s;
	json_t *object;

	for (int i = 0; i < 1000; i++) {
		size_t length;
		specimen_fill(&s, &random, 4, 8);
		s.record.flags = 0;
		s.record.vlans = 0;
		length = ringside_json(buffer, &s.event);
		/* the keys before are those of test_sample() */
		object = json_loadb(buffer, length, 0, NULL);
		while (strcmp(json_object_iter_key(json_object_iter(object)), "icmp_seq"))
			json_object_del(object, json_object_iter_key(json_object_iter(object)));
		check_key_order(object, order);
		json_decref(object);
	}
}

int main(void)
{
	seed = random_seed();
	test_sample();
	test_origin();
	test_longest();
	test_times();
	test_records();
	test_nothing_to_print();
	return 0;
}
