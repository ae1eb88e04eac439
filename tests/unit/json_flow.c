// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What a socket did is in its line of JSON, each key with its type, in one order, and nothing else, whatever the bytes are. */
#include <errno.h>

#include "flow.h"
#include "format.h"
#include "take.h"

static uint64_t seed;

static uint64_t up_to_2_53(uint64_t value)
{
	return value < 1ULL << 53 ? value : (1ULL << 53) - 1;
}

static void take_any(json_t *object, const char *key, uint64_t expected)
{
	take_number(object, key, up_to_2_53(expected));
}

static void take_error(json_t *object, uint32_t error)
{
	static const struct { uint32_t error; const char *name; } known[] = {
		{ 0, "closed" }, { ECONNREFUSED, "ECONNREFUSED" }, { ETIMEDOUT, "ETIMEDOUT" }, { EHOSTUNREACH, "EHOSTUNREACH" },
		{ ENETUNREACH, "ENETUNREACH" }, { ECONNRESET, "ECONNRESET" }, { EADDRNOTAVAIL, "EADDRNOTAVAIL" },
		{ 512, "512" }, { UINT32_MAX, "4294967295" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].error == error)
			take_text(object, "error", known[i].name);
	if (json_object_get(object, "error")) { /* of the others that it is a string */
		CHECK(json_is_string(json_object_get(object, "error")));
		json_object_del(object, "error");
	}
}

static void take_measured(json_t *object, const struct rs_flow *r)
{
	static const char *const names[] = { "", "", "connect", "connect_failed", "accept", "close", "retransmit",
					     "udp_send", "udp_recv", "flow" };
	int type = r->hdr.type;

	take_text(object, "event", names[type]);
	if (type == RS_CONNECT || type == RS_CONNECT_FAILED)
		if (r->time_ns)
			take_any(object, "latency_us", r->time_ns / 1000);
	if (type == RS_CONNECT_FAILED) {
		CHECK(json_object_get(object, "error"));
		take_error(object, r->error);
	}
	if (type == RS_CLOSE || type == RS_FLOW) {
		if (r->time_ns)
			take_any(object, "duration_us", r->time_ns / 1000);
		take_any(object, "tx_bytes", r->tx_bytes);
		take_any(object, "rx_bytes", r->rx_bytes);
		take_any(object, "tx_packets", r->tx_packets);
		take_any(object, "rx_packets", r->rx_packets);
	}
	if (type == RS_CLOSE || type == RS_FLOW || type == RS_RETRANSMIT) {
		take_number(object, "retransmits", r->retransmits);
		take_number(object, "rtt_us", r->rtt_us);
	}
	if (type == RS_UDP_SEND || type == RS_UDP_RECV) {
		take_any(object, "packets", type == RS_UDP_SEND ? r->tx_packets : r->rx_packets);
		take_any(object, "bytes", type == RS_UDP_SEND ? r->tx_bytes : r->rx_bytes);
		if (r->flags & RS_FLOW_END)
			take_true(object, "end");
	}
}

static void take_remote(json_t *object, const struct rs_flow *r)
{
	bool known = r->hdr.type != RS_UDP_RECV || r->remote_port;

	for (int i = 0; i < (r->hdr.ip_version == 4 ? 4 : 16); i++)
		known = known || r->remote[i];
	if (!known)
		return;
	take_address(object, "remote_ip", r->hdr.ip_version, r->remote);
	take_number(object, "remote_port", r->remote_port);
}

static void take_process(json_t *object, const struct flow *f)
{
	const struct rs_process *p = f->event.process;

	if (!p)
		return;
	take_number(object, "pid", p->pid);
	take_number(object, "tid", f->record.tid);
	take_any(object, "min_faults", p->min_faults);
	take_any(object, "maj_faults", p->maj_faults);
	take_any(object, "cgroup_id", p->cgroup_id);
	take_user_and_names(object, &f->subject, f->event.names);
}

static const char *const order[] = {
	"event", "local_ip", "local_port", "remote_ip", "remote_port", "protocol", "timestamp", "ts_us", "if_name", "direction",
	"ip_version", "latency_us", "error", "duration_us", "tx_bytes", "rx_bytes", "tx_packets", "rx_packets", "retransmits",
	"rtt_us", "packets", "bytes", "end", "netns", "attribution", "pid", "tid", "uid", "gid", "user", "comm", "exe", "exe_cut",
	"ppid", "parent_comm", "parent_exe", "min_faults", "maj_faults", "cgroup_id", "container_id", "container_runtime",
	"pod_uid", "container_name", "pod", "namespace", "cpu", "seq", NULL,
};

static size_t check_line(const struct flow *f)
{
	static const char *const attributions[] = { "unknown", "context", "socket" };
	const struct rs_flow *r = &f->record;
	uint64_t us = (uint64_t)f->event.time_ns / 1000;
	char buffer[RINGSIDE_LINE_MAX];
	size_t length;
	json_t *object;

	memset(buffer, 0xee, sizeof(buffer));
	length = ringside_json(buffer, &f->event);
	object = parse(buffer, length);
	for (size_t i = length + SLACK; i < sizeof(buffer); i++)
		EQUAL((uint8_t)buffer[i], 0xee);
	check_key_order(object, order);
	take_address(object, "local_ip", r->hdr.ip_version, r->local);
	take_number(object, "local_port", r->local_port);
	take_remote(object, r);
	take_number(object, "protocol", r->protocol);
	take_number(object, "timestamp", up_to_2_53(us) / 1000);
	take_any(object, "ts_us", us);
	if (r->if_name[0])
		take_bytes(object, "if_name", r->if_name, 16);
	if (r->hdr.direction == RS_IN || r->hdr.direction == RS_OUT)
		take_text(object, "direction", r->hdr.direction == RS_IN ? "in" : "out");
	take_number(object, "ip_version", r->hdr.ip_version);
	take_measured(object, r);
	take_number(object, "netns", r->netns);
	take_text(object, "attribution", attributions[r->attribution > 2 ? 0 : r->attribution]);
	take_process(object, f);
	take_number(object, "cpu", f->event.cpu);
	take_any(object, "seq", f->event.seq);
	check_all_taken(object);
	json_decref(object);
	return length;
}

static void test_records(void)
{
	size_t length, longest = 0, shortest = SIZE_MAX;
	uint64_t random = seed;
	struct flow f;

	for (int round = 0; round < 5000; round++) {
		for (int type = RS_CONNECT; type <= RS_FLOW; type++) {
			WHERE("seed %" PRIu64 ", round %d, type %d", seed, round, type);
			flow_fill(&f, &random, type);
			length = check_line(&f);
			longest = length > longest ? length : longest;
			shortest = length < shortest ? length : shortest;
		}
	}
	printf("%d records of %zu to %zu bytes\n", 5000 * 8, shortest, longest);
	test_where[0] = '\0';
}

/* What cannot be longer, and that the line's size was reckoned with enough for the rest (format.h). */
static void test_longest(void)
{
	const size_t strings = 6 * (16 + 2 * 16 + 2 * (RS_PATH_SIZE + 8) + 4 * 256);
	size_t longest = 0;
	struct flow f;

	memset(&f, 0xff, sizeof(f));
	memset(f.record.if_name, 1, 16);
	subject_widest(&f.subject);
	f.record.process = f.subject.process;
	f.record.hdr.ip_version = 6;
	f.record.hdr.direction = RS_OUT;
	f.event = (struct ringside_event){
		.kind = RINGSIDE_RECORD, .record = &f.record, .source = &f.source, .cpu = UINT32_MAX, .seq = UINT64_MAX,
		.time_ns = -1, .process = &f.record.process, .names = &f.subject.names,
	};
	for (int type = RS_CONNECT; type <= RS_FLOW; type++) {
		size_t length;
		f.record.hdr.type = (__u16)type;
		length = check_line(&f);
		longest = length > longest ? length : longest;
	}
	printf("at its widest %zu bytes, %zu of them strings\n", longest, strings);
	CHECK(longest < strings + 1500 && strings + 2048 < RINGSIDE_LINE_MAX);
}

static char *json_of(const struct flow *f)
{
	static char buffer[RINGSIDE_LINE_MAX + 1];

	buffer[ringside_json(buffer, &f->event)] = '\0';
	return buffer;
}

#define HEAD(event) "{\"event\":\"" event "\",\"local_ip\":\"172.17.0.2\",\"local_port\":54348,\"remote_ip\":\"216.58.205.46\"," \
	"\"remote_port\":80,\"protocol\":6,\"timestamp\":1554803924781,\"ts_us\":1554803924781354,\"if_name\":\"eth0\"," \
	"\"direction\":\"out\",\"ip_version\":4,"
#define WHO "\"netns\":4026531840,\"attribution\":\"context\",\"pid\":30197,\"tid\":30198,\"uid\":1000,\"gid\":100,\"user\":\"alice\"," \
	"\"comm\":\"curl\",\"exe\":\"/usr/bin/curl\",\"ppid\":26219,\"parent_comm\":\"bash\",\"parent_exe\":\"/bin/bash\"," \
	"\"min_faults\":350,\"maj_faults\":1,\"cgroup_id\":4711,\"container_id\":\"" HEX64 "\",\"container_runtime\":\"docker\"," \
	"\"container_name\":\"web\",\"cpu\":1,\"seq\":7}\n"

static void test_samples(void)
{
	struct flow f;

	flow_sample(&f, RS_CONNECT);
	EQUAL_TEXT(json_of(&f), HEAD("connect") "\"latency_us\":219," WHO);
	flow_sample(&f, RS_CONNECT_FAILED);
	f.record.error = ECONNREFUSED;
	EQUAL_TEXT(json_of(&f), HEAD("connect_failed") "\"latency_us\":219,\"error\":\"ECONNREFUSED\"," WHO);
	flow_sample(&f, RS_ACCEPT);
	EQUAL_TEXT(json_of(&f), HEAD("accept") WHO);
	flow_sample(&f, RS_CLOSE);
	EQUAL_TEXT(json_of(&f), HEAD("close") "\"duration_us\":219,\"tx_bytes\":75,\"rx_bytes\":528,\"tx_packets\":6,"
		   "\"rx_packets\":5,\"retransmits\":2,\"rtt_us\":180," WHO);
	flow_sample(&f, RS_RETRANSMIT);
	EQUAL_TEXT(json_of(&f), HEAD("retransmit") "\"retransmits\":2,\"rtt_us\":180," WHO);
	flow_sample(&f, RS_UDP_SEND);
	EQUAL_TEXT(json_of(&f), HEAD("udp_send") "\"packets\":6,\"bytes\":75," WHO);
	flow_sample(&f, RS_UDP_RECV);
	f.record.flags = RS_FLOW_END;
	EQUAL_TEXT(json_of(&f), HEAD("udp_recv") "\"packets\":5,\"bytes\":528,\"end\":true," WHO);
}

/* What is not known is not there. */
static void test_absent(void)
{
	struct flow f;

	flow_sample(&f, RS_UDP_RECV);
	memset(f.record.remote, 0, 4);
	memset(f.record.remote + 4, 1, 12); /* none of an IPv4 address */
	f.record.remote_port = 0;
	f.record.if_name[0] = '\0';
	f.record.attribution = RS_BY_UNKNOWN;
	f.event.process = NULL;
	EQUAL_TEXT(json_of(&f), "{\"event\":\"udp_recv\",\"local_ip\":\"172.17.0.2\",\"local_port\":54348,\"protocol\":6,"
		   "\"timestamp\":1554803924781,\"ts_us\":1554803924781354,\"direction\":\"out\",\"ip_version\":4,\"packets\":5,"
		   "\"bytes\":528,\"netns\":4026531840,\"attribution\":\"unknown\",\"cpu\":1,\"seq\":7}\n");
	f.record.hdr.type = RS_UDP_SEND; /* to 0.0.0.0 it is the program's own doing */
	CHECK(strstr(json_of(&f), "\"remote_ip\":\"0.0.0.0\",\"remote_port\":0,"));
	f.record.hdr.type = RS_UDP_RECV;
	f.record.remote_port = 1;
	CHECK(strstr(json_of(&f), "\"remote_ip\":\"0.0.0.0\",\"remote_port\":1,"));
}

static void test_hostile_names(void)
{
	struct ringside_names names = { .user = "\"", .container = "\\", .pod = "\xff", .pod_namespace = "\x1b[0m" };
	struct flow f;

	flow_sample(&f, RS_CONNECT);
	strcpy(f.record.process.comm, "\n{");
	strcpy(f.record.process.parent_comm, "\",\"pid\":1,\"");
	path_to_parts("/tmp/\xff\xfe\"\n/\xc3\xa4", f.record.process.exe);
	f.record.process.exe_cut = 1;
	path_to_parts("/home/x", f.record.process.parent_exe);
	f.record.process.parent_exe_cut = 1;
	f.record.process.cgroup[7] = 'z'; /* none of docker's any more */
	f.event.names = &names;
	EQUAL_TEXT(strstr(json_of(&f), "\"uid\""),
		   "\"uid\":1000,\"gid\":100,\"user\":\"\\\"\",\"comm\":\"\\u000a{\","
		   "\"exe\":\".../tmp/\xef\xbf\xbd\xef\xbf\xbd\\\"\\u000a/\xc3\xa4\",\"exe_cut\":true,\"ppid\":26219,"
		   "\"parent_comm\":\"\\\",\\\"pid\\\":1,\\\"\",\"parent_exe\":\".../home/x\",\"min_faults\":350,"
		   "\"maj_faults\":1,\"cgroup_id\":4711,\"container_name\":\"\\\\\",\"pod\":\"\xef\xbf\xbd\","
		   "\"namespace\":\"\\u001b[0m\",\"cpu\":1,\"seq\":7}\n");
}

static void test_errors(void)
{
	struct flow f;

	flow_sample(&f, RS_CONNECT_FAILED);
	for (uint32_t error = 0; error < 70000; error++) {
		char *found;
		f.record.error = error < 69000 ? error : UINT32_MAX - (error - 69000);
		found = strstr(json_of(&f), "\"error\":\"") + 9;
		CHECK(*found == 'E' || !strncmp(found, "closed\"", 7) || strtoul(found, NULL, 10) == f.record.error);
		EQUAL(*found == 'c', f.record.error == 0);
	}
	f.record.error = 512; /* ERESTARTSYS, the kernel's own */
	CHECK(strstr(json_of(&f), "\"error\":\"512\","));
}

#define OTHERS 64

/* Says so much of others that nothing is kept of those before. */
static void forget(const struct flow others[OTHERS])
{
	for (int i = 0; i < OTHERS; i++)
		json_of(&others[i]);
}

static void make_others(struct flow others[OTHERS])
{
	for (int i = 0; i < OTHERS; i++) {
		flow_sample(&others[i], RS_CLOSE);
		memset(&others[i].record.process, 'x', sizeof(others[i].record.process)); /* nothing in common */
		others[i].record.process.pid = (__u32)i;
		others[i].record.process.cgroup_id = (__u64)i;
	}
}

/* A line is that of its own record, whatever little was different in the one before: no bit of a process is missed. */
static void test_little_changes(void)
{
	static char alone[RINGSIDE_LINE_MAX + 1];
	struct flow f, changed, others[OTHERS];

	flow_sample(&f, RS_CLOSE);
	make_others(others);
	for (size_t bit = 0; bit < 8 * sizeof(f.record.process); bit++) {
		flow_sample(&changed, RS_CLOSE);
		((unsigned char *)&changed.record.process)[bit / 8] ^= (unsigned char)(1 << bit % 8);
		forget(others);
		strcpy(alone, json_of(&changed));
		forget(others);
		json_of(&f);
		WHERE("bit %zu", bit);
		EQUAL_TEXT(json_of(&changed), alone);
	}
	test_where[0] = '\0';
}

/* An echo's line after what its process did with a socket. */
static void test_echo_after_flow(void)
{
	static char alone[RINGSIDE_LINE_MAX + 1];
	struct rs_icmp echo = { .hdr = { .type = RS_ICMP, .direction = RS_OUT, .ip_version = 4 }, .icmp_type = 8,
				.origin = RS_ORIGIN_PROCESS };
	struct flow f, of_echo, others[OTHERS];

	make_others(others);
	flow_sample(&f, RS_CLOSE);
	flow_sample(&of_echo, RS_CLOSE);
	echo.pid = of_echo.event.process->pid;
	of_echo.event.record = &echo;
	forget(others);
	strcpy(alone, json_of(&of_echo));
	CHECK(strstr(alone, "\"event\":\"icmp\"") && strstr(alone, "\"container_id\":\"" HEX64) && strstr(alone, "\"container_name\":\"web\""));
	forget(others);
	json_of(&f);
	EQUAL_TEXT(json_of(&of_echo), alone);
}

/* The same process by another name, or none. */
static void test_users(void)
{
	static char most[SHOWN_MAX + 2], expected[SHOWN_MAX + 32];
	char *users[] = { "alice", "alic", "alice", NULL, "", NULL, "alice", most, most + 1, most };
	struct flow f;

	flow_sample(&f, RS_CONNECT);
	memset(most, 'x', SHOWN_MAX);
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		f.subject.names.user = users[i];
		WHERE("user %zu", i);
		snprintf(expected, sizeof(expected), users[i] ? "\"gid\":100,\"user\":\"%s\",\"comm\"" : "\"gid\":100,\"comm\"",
			 users[i]);
		CHECK(strstr(json_of(&f), expected));
	}
	test_where[0] = '\0';
}

int main(void)
{
	seed = random_seed();
	test_samples();
	test_absent();
	test_hostile_names();
	test_errors();
	test_little_changes();
	test_echo_after_flow();
	test_users();
	test_longest();
	test_records();
	return 0;
}
