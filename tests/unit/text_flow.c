// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What a socket did is said in the layout of ebpflowexport, with no byte that a terminal would obey. */
#include <errno.h>

#include "flow.h"

static uint64_t seed;

static char *text_of(const struct flow *f)
{
	static char buffer[RINGSIDE_LINE_MAX + SLACK + 1];
	size_t length;

	memset(buffer, 0xee, sizeof(buffer));
	length = ringside_text(buffer, &f->event);
	CHECK(length > 0 && length < RINGSIDE_LINE_MAX);
	EQUAL((uint8_t)buffer[length + SLACK], 0xee);
	CHECK(!memchr(buffer, '\0', length));
	buffer[length] = '\0';
	return buffer;
}

#define TASKS "[pid/tid: 30197/30198 [/usr/bin/curl], uid/gid: 1000/100][father pid/tid: 26219/26219 [/bin/bash], uid/gid: 33/34]"
#define ADDR "[addr: 172.17.0.2:54348 <-> 216.58.205.46:80]"
#define BOX "[containerID: cbd2540ec5be][container_name: web][runtime: docker]"
#define LINE(what, end) "1554803924.781354 [eth0][" what "][IPv4/TCP]" TASKS ADDR BOX end "\n"

static void test_events(void)
{
	struct flow f;

	flow_sample(&f, RS_CONNECT);
	EQUAL_TEXT(text_of(&f), LINE("Sent", "[latency: 0.22 msec]"));
	flow_sample(&f, RS_ACCEPT);
	EQUAL_TEXT(text_of(&f), LINE("Rcvd", ""));
	flow_sample(&f, RS_CONNECT_FAILED);
	f.record.error = ECONNREFUSED;
	EQUAL_TEXT(text_of(&f), LINE("ConnectFailed", "[latency: 0.22 msec][error: ECONNREFUSED]"));
	f.record.error = 0;
	EQUAL_TEXT(text_of(&f), LINE("ConnectFailed", "[latency: 0.22 msec][error: closed]"));
	f.record.error = UINT32_MAX;
	EQUAL_TEXT(text_of(&f), LINE("ConnectFailed", "[latency: 0.22 msec][error: 4294967295]"));
	flow_sample(&f, RS_CLOSE);
	EQUAL_TEXT(text_of(&f), LINE("Close", "[duration: 0.22 msec][tx: 75 bytes/6 pkts][rx: 528 bytes/5 pkts]"
					      "[retransmissions: 2][rtt: 0.18 msec]"));
	flow_sample(&f, RS_FLOW);
	EQUAL_TEXT(text_of(&f), LINE("Flow", "[duration: 0.22 msec][tx: 75 bytes/6 pkts][rx: 528 bytes/5 pkts]"
					     "[retransmissions: 2][rtt: 0.18 msec]"));
	flow_sample(&f, RS_RETRANSMIT);
	EQUAL_TEXT(text_of(&f), LINE("Retransmit", "[retransmissions: 2][rtt: 0.18 msec]"));
}

static void test_udp(void)
{
	struct flow f;

	flow_sample(&f, RS_UDP_SEND);
	f.record.protocol = IPPROTO_UDP;
	EQUAL_TEXT(text_of(&f), "1554803924.781354 [eth0][Sent][IPv4/UDP]" TASKS ADDR BOX "[packets: 6][bytes: 75]\n");
	f.record.hdr.type = RS_UDP_RECV;
	f.record.flags = RS_FLOW_END;
	EQUAL_TEXT(text_of(&f), "1554803924.781354 [eth0][Rcvd][IPv4/UDP]" TASKS ADDR BOX "[packets: 5][bytes: 528][end]\n");
	memset(f.record.remote, 0, 16);
	f.record.remote_port = 0;
	EQUAL_TEXT(text_of(&f), "1554803924.781354 [eth0][Rcvd][IPv4/UDP]" TASKS "[addr: 172.17.0.2:54348 <-> unknown]" BOX
				"[packets: 5][bytes: 528][end]\n");
}

static void test_unknown(void)
{
	struct flow f;

	flow_sample(&f, RS_ACCEPT);
	f.event.process = NULL;
	f.record.if_name[0] = '\0';
	f.record.protocol = 132;
	f.record.hdr.ip_version = 6;
	memset(f.record.local, 0, 16);
	memset(f.record.remote, 0, 16);
	f.record.local[15] = 1;
	EQUAL_TEXT(text_of(&f),
		   "1554803924.781354 [-][Rcvd][IPv6/132][process: unknown][addr: [::1]:54348 <-> [::]:80]\n");
}

static void test_pod(void)
{
	struct flow f;

	flow_sample(&f, RS_ACCEPT);
	path_to_parts("/kubepods/burstable/pod" UID_DASHES "/" HEX64, f.record.process.cgroup);
	f.event.names = &(struct ringside_names){ .pod = "web-7d4f", .pod_namespace = "shop" };
	EQUAL_TEXT(strstr(text_of(&f), ADDR),
		   ADDR "[containerID: cbd2540ec5be][podUID: " UID_DASHES "][pod: web-7d4f][namespace: shop]\n");
	f.event.names = NULL;
	memset(f.record.process.cgroup, 0, RS_PATH_SIZE);
	EQUAL_TEXT(strstr(text_of(&f), ADDR), ADDR "\n");
}

static void test_hostile_names(void)
{
	struct flow f;

	flow_sample(&f, RS_ACCEPT);
	path_to_parts("/tmp/\x1b[31m\n\xc2\x9b x", f.record.process.exe);
	f.record.process.exe_cut = 1;
	memset(f.record.process.parent_exe, 0, RS_PATH_SIZE); /* a kernel thread */
	strcpy(f.record.process.parent_comm, "\n{");
	f.event.names = &(struct ringside_names){ .container = "a\x1b]0;x\a" };
	EQUAL_TEXT(text_of(&f), "1554803924.781354 [eth0][Rcvd][IPv4/TCP][pid/tid: 30197/30198 [.../tmp/.[31m....x], uid/gid: "
				"1000/100][father pid/tid: 26219/26219 [.{], uid/gid: 33/34]" ADDR
				"[containerID: cbd2540ec5be][container_name: a.]0;x.][runtime: docker]\n");
}

static void test_times(void)
{
	static const struct { uint64_t ns; const char *text; } known[] = {
		{ 1, "0.00" }, { 4999, "0.00" }, { 5000, "0.01" }, { 994999, "0.99" }, { 995000, "1.00" }, { 1000000, "1.00" },
		{ 50123456, "50.12" }, { 3600ULL * 1000000000, "3600000.00" }, { UINT64_MAX, "18446744073709.55" },
	};
	char expected[64];
	struct flow f;

	flow_sample(&f, RS_CONNECT);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		f.record.time_ns = known[i].ns;
		snprintf(expected, sizeof(expected), "[latency: %s msec]\n", known[i].text);
		EQUAL_TEXT(strstr(text_of(&f), "[latency"), expected);
	}
	f.record.time_ns = 0; /* not known */
	CHECK(!strstr(text_of(&f), "[latency"));
	flow_sample(&f, RS_RETRANSMIT);
	f.record.rtt_us = UINT32_MAX;
	EQUAL_TEXT(strstr(text_of(&f), "[rtt"), "[rtt: 4294967.30 msec]\n");
}

/* Whatever is in a record, a terminal gets one line of ASCII, in bounds. */
static void test_anything(void)
{
	uint64_t random = seed;
	size_t longest = 0;
	struct flow f;

	for (int round = 0; round < 5000; round++) {
		for (int type = RS_CONNECT; type <= RS_FLOW; type++) {
			char *text;
			WHERE("seed %" PRIu64 ", round %d, type %d", seed, round, type);
			flow_fill(&f, &random, type);
			if (round % 10 == 0)
				subject_widest(&f.subject);
			f.record.process = f.subject.process;
			text = text_of(&f);
			for (char *c = text; c[1]; c++)
				if (*c < ' ' || *c > '~')
					TEST_FAIL("byte 0x%02x in: %s", (uint8_t)*c, text);
			EQUAL(text[strlen(text) - 1], '\n');
			EQUAL(!strstr(text, "[process: unknown]"), f.event.process != NULL);
			longest = strlen(text) > longest ? strlen(text) : longest;
		}
	}
	printf("the longest line %zu bytes\n", longest);
	test_where[0] = '\0';
}

int main(void)
{
	seed = random_seed();
	test_events();
	test_udp();
	test_unknown();
	test_pod();
	test_hostile_names();
	test_times();
	test_anything();
	return 0;
}
