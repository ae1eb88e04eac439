// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A socket's line is taken apart as it was put together, what is none is refused whatever it is, and what is added to it
 * leaves it a line.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>

#include "flow.h"
#include "format.h"
#include "socket_line.h"
#include "take.h"

#define LINE                                                                                                          \
	"{\"event\":\"socket\",\"protocol\":6,\"ip_version\":4,\"local_ip\":\"10.0.0.1\",\"local_port\":443,"           \
	"\"remote_ip\":\"10.0.0.2\",\"remote_port\":5555,\"state\":\"ESTABLISHED\",\"if_name\":\"eth0\","               \
	"\"direction\":\"in\",\"netns\":4026531840,\"socket_uid\":33,\"inode\":12345,\"tx_queue\":0,\"rx_queue\":0,"    \
	"\"tx_bytes\":1,\"rx_bytes\":2,\"tx_acked\":1,\"tx_packets\":1,\"rx_packets\":1,\"retransmits\":0,"             \
	"\"unacked\":0,\"lost\":0,\"rtt_us\":55,\"rtt_var_us\":10,\"duration_us\":123,\"pid\":17,\"tid\":18,"           \
	"\"started\":4294967295,\"uid\":33,\"gid\":34,\"comm\":\"\\\"\\u0001\xc3\xa4\",\"ppid\":1,"                     \
	"\"parent_comm\":\"0123456789abcdef\"}"

static int parsed(const char *line, struct socket_line *s)
{
	size_t length = strlen(line);
	char *copy = malloc(length); /* without a NUL: whoever reads on is caught */
	int error;

	CHECK(copy);
	memcpy(copy, line, length);
	error = socket_line_parse(copy, length, s);
	free(copy);
	return error;
}

static void test_whole(void)
{
	static const uint8_t local[16] = { 10, 0, 0, 1 }, remote[16] = { 10, 0, 0, 2 };
	struct socket_line s;

	EQUAL(parsed(LINE, &s), 0);
	EQUAL(s.flow.hdr.type, RS_FLOW);
	EQUAL(s.flow.hdr.ip_version, 4);
	EQUAL(s.flow.hdr.direction, RS_IN);
	EQUAL(s.flow.protocol, IPPROTO_TCP);
	CHECK(!memcmp(s.flow.local, local, 16) && !memcmp(s.flow.remote, remote, 16));
	EQUAL(s.flow.local_port, 443);
	EQUAL(s.flow.remote_port, 5555);
	EQUAL_TEXT(s.flow.if_name, "eth0");
	EQUAL(s.flow.netns, 4026531840U);
	EQUAL(s.process_key, rs_process_key(17, UINT32_MAX));
	EQUAL(s.flow.tid, 18);
	EQUAL(s.flow.process.pid, 17);
	EQUAL(s.flow.process.uid, 33);
	EQUAL(s.flow.process.gid, 34);
	EQUAL(s.flow.process.ppid, 1);
	EQUAL_TEXT(s.flow.process.comm, "\"\x01\xc3\xa4");
	CHECK(!memcmp(s.flow.process.parent_comm, "0123456789abcdef", 16)); /* all 16 */
	EQUAL(*s.flow.process.exe, 0);
}

static void test_parts(void)
{
	static const uint8_t any[16];
	struct socket_line s;

	EQUAL(parsed("{\"event\":\"socket\",\"protocol\":17,\"local_ip\":\"::\",\"local_port\":0,\"state\":\"UNCONNECTED\"}", &s), 0);
	EQUAL(s.flow.hdr.ip_version, 6);
	EQUAL(s.flow.hdr.direction, 0);
	EQUAL(s.flow.protocol, IPPROTO_UDP);
	EQUAL(s.process_key, 0);
	CHECK(!memcmp(s.flow.local, any, 16) && !memcmp(s.flow.remote, any, 16) && !s.flow.remote_port);
	EQUAL(parsed("{\"event\":\"socket\",\"protocol\":6,\"local_ip\":\"fd09::1\",\"local_port\":1,\"remote_ip\":\"fd09::2\","
		     "\"remote_port\":65535,\"direction\":\"out\",\"pid\":0}", &s), 0);
	EQUAL(s.flow.hdr.direction, RS_OUT);
	EQUAL(s.flow.remote[15], 2);
	EQUAL(s.flow.remote_port, 65535);
	EQUAL(s.process_key, 0);
}

static void test_bad(void)
{
	static const char *const bad[] = {
		"", "{", "}", "{}", "x", "[]", "null", "{\"event\":\"close\"}", "{\"event\":\"socket\"}", "{\"event\":7}",
		LINE "}", LINE " x", LINE "\n", " " LINE, LINE LINE,
		"{\"event\":\"socket\",\"protocol\":256,\"local_ip\":\"::\",\"local_port\":0}",
		"{\"event\":\"socket\",\"protocol\":\"6\",\"local_ip\":\"::\",\"local_port\":0}",
		"{\"event\":\"socket\",\"protocol\":6,\"local_ip\":\"::x\",\"local_port\":0}",
		"{\"event\":\"socket\",\"protocol\":6,\"local_ip\":7,\"local_port\":0}",
		"{\"event\":\"socket\",\"protocol\":6,\"local_ip\":\"::\",\"local_port\":65536}",
		"{\"event\":\"socket\",\"protocol\":6,\"local_ip\":\"::\",\"local_port\":-1}",
		"{\"event\":\"socket\",\"protocol\":6,\"local_ip\":\"::\"}",
		"{\"event\":\"socket\",\"protocol\":6,\"local_ip\":\"::\",\"local_port\":1,\"remote_ip\":\"10.0.0.1\",\"remote_port\":1}",
		"{\"event\":\"socket\",\"protocol\":6,\"local_ip\":\"::\",\"local_port\":1,\"remote_ip\":\"::1\"}",
		"{\"event\":\"socket\",\"protocol\":6,\"local_ip\":\"::\",\"local_port\":1,\"comm\":\"\xff\"}",
	};
	struct socket_line s;
	char *line, *longest;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		WHERE("%s", bad[i]);
		EQUAL(parsed(bad[i], &s), -EPROTO);
	}
	test_where[0] = '\0';
	/* any part of one is none */
	line = strdup(LINE);
	for (size_t length = strlen(line); length-- > 0;)
		EQUAL(socket_line_parse(line, length, &s), -EPROTO);
	free(line);
	/* no longer than there is room for */
	longest = calloc(1, SOCKET_LINE_MAX + 1);
	CHECK(longest);
	for (int more = 0; more < 2; more++) {
		size_t length = SOCKET_LINE_MAX - 1 + (size_t)more, head;

		head = (size_t)sprintf(longest, "{\"event\":\"socket\",\"protocol\":6,\"local_ip\":\"::\",\"local_port\":1,\"x\":\"");
		memset(longest + head, 'x', length - head - 2);
		memcpy(longest + length - 2, "\"}", 2);
		EQUAL(socket_line_parse(longest, length, &s), more ? -EPROTO : 0);
	}
	free(longest);
}

/* Bytes that are changed at random: refused or taken, and nothing else. */
static void test_random(uint64_t seed)
{
	uint64_t random = seed, taken = 0;
	struct socket_line s;

	for (int round = 0; round < 200000; round++) {
		char line[] = LINE;

		WHERE("seed %" PRIu64 ", round %d", seed, round);
		for (uint64_t i = 0, n = 1 + random_below(&random, 4); i < n; i++)
			line[random_below(&random, sizeof(line) - 1)] = (char)(1 + random_below(&random, 255));
		if (!parsed(line, &s)) {
			taken++;
			CHECK(s.flow.hdr.ip_version == 4 || s.flow.hdr.ip_version == 6);
		}
	}
	printf("%" PRIu64 " of 200000 changed lines are lines\n", taken);
	CHECK(taken > 1000 && taken < 190000);
	test_where[0] = '\0';
}

/* ------------------------------------------------------------------ what is added */

static size_t check_added(const struct flow *f, const char *line)
{
	const struct rs_process *p = f->event.process;
	uint64_t us = (uint64_t)f->event.time_ns / 1000;
	char buffer[RINGSIDE_LINE_MAX];
	json_t *object, *before;
	const char *key;
	json_t *value;
	size_t length;

	memset(buffer, 0xee, sizeof(buffer));
	length = json_socket(buffer, line, strlen(line), &f->event);
	object = parse(buffer, length);
	for (size_t i = length + SLACK; i < sizeof(buffer); i++)
		EQUAL((unsigned char)buffer[i], 0xee);
	CHECK(!strncmp(buffer, line, strlen(line) - 1)); /* as it was */
	before = json_loads(line, 0, NULL);
	json_object_foreach(before, key, value) {
		CHECK(json_equal(json_object_get(object, key), value));
		json_object_del(object, key);
	}
	json_decref(before);
	take_number(object, "timestamp", us / 1000);
	take_number(object, "ts_us", us);
	if (p) {
		take_shown(object, "user", f->event.names ? f->event.names->user : NULL);
		if (*f->subject.exe) {
			take_bytes(object, "exe", f->subject.exe, sizeof(f->subject.exe));
			take_bytes(object, "parent_exe", f->subject.parent_exe, sizeof(f->subject.parent_exe));
		}
		if (p->exe_cut)
			take_true(object, "exe_cut");
		if (p->cgroup_id)
			take_number(object, "cgroup_id", p->cgroup_id < 1ULL << 53 ? p->cgroup_id : (1ULL << 53) - 1);
		if (*f->subject.container_id)
			take_text(object, "container_id", f->subject.container_id);
		if (*f->subject.runtime)
			take_text(object, "container_runtime", f->subject.runtime);
		if (*f->subject.pod_uid)
			take_text(object, "pod_uid", f->subject.pod_uid);
		take_shown(object, "container_name", f->event.names ? f->event.names->container : NULL);
		take_shown(object, "pod", f->event.names ? f->event.names->pod : NULL);
		take_shown(object, "namespace", f->event.names ? f->event.names->pod_namespace : NULL);
	}
	check_all_taken(object);
	json_decref(object);
	return length;
}

static void test_added(uint64_t seed)
{
	static char longest[SOCKET_LINE_MAX];
	uint64_t random = seed;
	size_t widest, head;
	struct flow f;

	for (int round = 0; round < 20000; round++) {
		WHERE("seed %" PRIu64 ", round %d", seed, round);
		flow_fill(&f, &random, RS_FLOW);
		f.event.time_ns &= (1LL << 62) - 1;
		if (f.event.time_ns / 1000 >= 1LL << 53)
			f.event.time_ns = 0;
		check_added(&f, round % 2 ? "{\"event\":\"socket\"}" : "{\"event\":\"socket\",\"comm\":\"x\",\"pid\":1}");
	}
	test_where[0] = '\0';
	/* a process of which there is only what the line has */
	memset(&f.subject, 0, sizeof(f.subject));
	f.subject.container_id = f.subject.runtime = f.subject.pod_uid = "";
	memset(&f.record.process, 0, sizeof(f.record.process));
	f.event.process = &f.record.process;
	f.event.names = NULL;
	check_added(&f, LINE);

	subject_widest(&f.subject);
	f.record.process = f.subject.process;
	f.event.names = &f.subject.names;
	f.event.time_ns = (1LL << 53) * 1000 - 1;
	head = (size_t)sprintf(longest, "{\"event\":\"socket\",\"x\":\"");
	memset(longest + head, 'x', sizeof(longest) - 1 - head - 2);
	memcpy(longest + sizeof(longest) - 3, "\"}", 3);
	EQUAL(strlen(longest), SOCKET_LINE_MAX - 1);
	widest = check_added(&f, longest);
	printf("at its widest %zu bytes\n", widest);
	CHECK(widest + SLACK < RINGSIDE_LINE_MAX);
}

int main(void)
{
	uint64_t seed = random_seed();

	test_whole();
	test_parts();
	test_bad();
	test_random(seed);
	test_added(seed);
	return 0;
}
