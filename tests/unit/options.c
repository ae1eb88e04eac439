// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The reader takes every option that it documents, asks for the right records, and refuses the rest with a reason. */
#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/in.h>

#include "child.h"
#include "options.h"

static uint64_t seed;

/* Parses a good command line; arguments end with NULL. */
#define PARSE(o, ...) parse(o, (char *[]){ (char *)"ringside-reader", __VA_ARGS__, NULL })

static void parse(struct options *o, char **argv)
{
	static char *kept[16]; /* the options point into it */
	int argc = 0, code = -1;

	for (; argv[argc]; argc++) {
		kept[argc] = argv[argc];
		WHERE("%s %s", argc ? argv[1] : "", argv[argc]);
	}
	kept[argc] = NULL;
	optind = 0; /* glibc: begin anew */
	if (options_parse(argc, kept, o, &code))
		TEST_FAIL("refused with %d", code);
}

static void test_defaults(void)
{
	struct options o;

	parse(&o, (char *[]){ (char *)"ringside-reader", NULL });
	CHECK(!o.text && !o.from_start && !o.once && !o.incoming && !o.outgoing && !o.verbose && !o.by_type);
	CHECK(!o.tcp && !o.udp && !o.retransmissions && !o.close && !o.no_loopback && o.container_names && !o.filters);
	EQUAL(o.pids.count + o.uids.count + o.ports.count + o.comms.count + o.containers.count, 0);
	EQUAL(o.count, 0);
	CHECK(o.stats == 0);
	CHECK(!o.pin_root && !o.sources && !o.nets);
	EQUAL(o.net_count, 0);
	options_free(&o);
}

static void test_each(void)
{
	struct options o;

	PARSE(&o, "-f", "text"); CHECK(o.text);
	PARSE(&o, "--format=json"); CHECK(!o.text);
	PARSE(&o, "--format", "text", "-f", "json"); CHECK(!o.text);
	PARSE(&o, "-n", "1"); EQUAL(o.count, 1);
	PARSE(&o, "-n18446744073709551615"); EQUAL(o.count, UINT64_MAX);
	PARSE(&o, "--count=007"); EQUAL(o.count, 7);
	PARSE(&o, "--from-start"); CHECK(o.from_start && !o.once);
	PARSE(&o, "--once"); CHECK(o.once && !o.from_start);
	PARSE(&o, "--snapshot"); CHECK(o.snapshot && !o.once && !o.filters);
	PARSE(&o, "--snapshot", "-tuio", "-n", "3", "--no-loopback", "flows"); CHECK(o.snapshot && o.filters);
	PARSE(&o, "--stats", "0.01"); CHECK(o.stats == 0.01);
	PARSE(&o, "--stats=86400"); CHECK(o.stats == 86400);
	PARSE(&o, "-i"); CHECK(o.incoming && !o.outgoing);
	PARSE(&o, "--in"); CHECK(o.incoming && !o.outgoing);
	PARSE(&o, "-o"); CHECK(o.outgoing && !o.incoming);
	PARSE(&o, "--out"); CHECK(o.outgoing && !o.incoming);
	PARSE(&o, "-io"); CHECK(o.outgoing && o.incoming);
	PARSE(&o, "-t"); CHECK(o.tcp && !o.udp);
	PARSE(&o, "--tcp"); CHECK(o.tcp && !o.udp);
	PARSE(&o, "-u"); CHECK(o.udp && !o.tcp);
	PARSE(&o, "--udp"); CHECK(o.udp && !o.tcp);
	PARSE(&o, "-r"); CHECK(o.retransmissions && !o.close && !o.incoming && !o.outgoing);
	PARSE(&o, "--retransmissions"); CHECK(o.retransmissions);
	PARSE(&o, "-c"); CHECK(o.close && !o.retransmissions);
	PARSE(&o, "--close"); CHECK(o.close);
	PARSE(&o, "-tuiorc"); CHECK(o.tcp && o.udp && o.incoming && o.outgoing && o.retransmissions && o.close);
	PARSE(&o, "--no-container-names"); CHECK(!o.container_names && !o.filters);
	PARSE(&o, "-d"); CHECK(o.container_names);
	PARSE(&o, "--no-container-names", "--container-names"); CHECK(o.container_names);
	PARSE(&o, "--no-loopback"); CHECK(o.no_loopback);
	PARSE(&o, "flows", "eth0"); EQUAL_TEXT(o.sources[0], "flows"); EQUAL_TEXT(o.sources[1], "eth0");
	PARSE(&o, "-v"); CHECK(o.verbose);
	PARSE(&o, "--verbose"); CHECK(o.verbose);
	PARSE(&o, "--pin-root", "/x"); EQUAL_TEXT(o.pin_root, "/x");
	PARSE(&o, "eth0"); EQUAL_TEXT(o.sources[0], "eth0"); CHECK(!o.sources[1]);
	PARSE(&o, "eth0", "-v", "eth0.100", "--", "-odd-"); /* options may come later */
	CHECK(o.verbose);
	EQUAL_TEXT(o.sources[0], "eth0");
	EQUAL_TEXT(o.sources[1], "eth0.100");
	EQUAL_TEXT(o.sources[2], "-odd-");
	CHECK(!o.sources[3]);
	PARSE(&o, "fifteen-bytes--"); EQUAL_TEXT(o.sources[0], "fifteen-bytes--");
}

/* ------------------------------------------------------------------ which records */

static const struct ringside_source eth0 = { .name = "eth0", .if_name = "eth0" };
static const struct ringside_source sockets = { .name = "flows" };

static bool want_icmp(const struct options *o, const struct rs_icmp *r)
{
	struct rs_icmp record = *r;

	record.hdr.type = RS_ICMP;
	return options_want(o, &(struct ringside_event){ .kind = RINGSIDE_RECORD, .record = &record, .source = &eth0 });
}

static bool wants(const struct options *o, int ip_version, int type)
{
	struct rs_icmp r = { .hdr = { .ip_version = (__u8)ip_version, .direction = RS_IN }, .icmp_type = (__u8)type };

	return want_icmp(o, &r);
}

/* Exactly these types, -1 for none, and no other. */
static void check_types(const struct options *o, int v4, int v6)
{
	for (int type = 0; type < 256; type++) {
		EQUAL(wants(o, 4, type), type == v4);
		EQUAL(wants(o, 6, type), type == v6);
	}
}

static void check_type(const char *text, int v4, int v6)
{
	char copy[128]; /* it is taken apart */
	struct options o;

	snprintf(copy, sizeof(copy), "--type=%s", text);
	PARSE(&o, copy);
	check_types(&o, v4, v6);
	options_free(&o);
}

static void test_types(void)
{
	struct options o;
	char text[64];
	char list[] = "8,4:0,6:129", more[] = "redirect", all[] = "255,0,unassigned";

	for (int type = 0; type < 256; type++) {
		snprintf(text, sizeof(text), "%d", type);
		check_type(text, type, type);
		snprintf(text, sizeof(text), "4:%d", type);
		check_type(text, type, -1);
		snprintf(text, sizeof(text), "6:%d", type);
		check_type(text, -1, type);
	}
	check_type("echo-request", 8, 128);
	check_type("Echo-Request", 8, 128);
	check_type("ECHO-REPLY", 0, 129);
	check_type("4:echo-request", 8, -1);
	check_type("6:echo-request", -1, 128);
	check_type("redirect", 5, -1);
	check_type("packet-too-big", -1, 2);
	check_type("time-exceeded", 11, 3);
	check_type("destination-unreachable", 3, 1);
	check_type("neighbor-solicitation", -1, 135);
	check_type("ipv6-where-are-you", 33, -1);
	check_type("008", 8, 8);

	PARSE(&o, "--type", list, "--type", more);
	for (int type = 0; type < 256; type++) {
		EQUAL(wants(&o, 4, type), type == 8 || type == 0 || type == 5);
		EQUAL(wants(&o, 6, type), type == 8 || type == 129);
	}
	PARSE(&o, "--type", all);
	CHECK(wants(&o, 4, 255) && wants(&o, 4, 0) && wants(&o, 6, 255) && wants(&o, 6, 0));
	CHECK(wants(&o, 4, 100) && !wants(&o, 4, 8) && wants(&o, 6, 8) && !wants(&o, 6, 128));
	parse(&o, (char *[]){ (char *)"ringside-reader", NULL });
	for (int type = 0; type < 256; type++)
		CHECK(wants(&o, 4, type) && wants(&o, 6, type));
}

static void test_directions(void)
{
	static const struct { const char *option; bool in, out; } rows[] = {
		{ "-v", true, true }, { "-i", true, false }, { "-o", false, true }, { "-io", true, true },
	};
	struct options o;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rs_icmp r = { .hdr = { .ip_version = 4, .direction = RS_IN } };
		PARSE(&o, (char *)rows[i].option);
		EQUAL(want_icmp(&o, &r), rows[i].in);
		r.hdr.direction = RS_OUT;
		EQUAL(want_icmp(&o, &r), rows[i].out);
	}
}

/* All conditions must hold, of a list one. */
static void test_together(void)
{
	struct rs_icmp r = { .hdr = { .ip_version = 4, .direction = RS_IN }, .icmp_type = 8, .src = { 10, 1, 2, 3 },
			     .dst = { 192, 168, 0, 1 } };
	char echo[] = "8", reply[] = "0";
	struct options o;

	PARSE(&o, "-i", "--type", echo, "--net", "10.0.0.0/8"); CHECK(want_icmp(&o, &r)); options_free(&o);
	PARSE(&o, "-o", "--type", echo, "--net", "10.0.0.0/8"); CHECK(!want_icmp(&o, &r)); options_free(&o);
	PARSE(&o, "-i", "--type", reply, "--net", "10.0.0.0/8"); CHECK(!want_icmp(&o, &r)); options_free(&o);
	PARSE(&o, "-i", "--type", echo, "--net", "11.0.0.0/8"); CHECK(!want_icmp(&o, &r)); options_free(&o);
	PARSE(&o, "--net", "11.0.0.0/8", "--net", "192.168.0.1"); CHECK(want_icmp(&o, &r)); options_free(&o);
	PARSE(&o, "--net", "::/0"); CHECK(!want_icmp(&o, &r)); options_free(&o);
	PARSE(&o, "--net", "0.0.0.0/0"); CHECK(want_icmp(&o, &r)); options_free(&o);
}

/* ------------------------------------------------------------------ kinds of events */

/* A flow of this kind, in its natural direction; "flow" has both. */
struct kind {
	const char *name;
	int type, protocol, direction;
};

static const struct kind kinds[] = {
	{ "connect", RS_CONNECT, IPPROTO_TCP, RS_OUT }, { "failed", RS_CONNECT_FAILED, IPPROTO_TCP, RS_OUT },
	{ "accept", RS_ACCEPT, IPPROTO_TCP, RS_IN }, { "close of ours", RS_CLOSE, IPPROTO_TCP, RS_OUT },
	{ "close of theirs", RS_CLOSE, IPPROTO_TCP, RS_IN }, { "retransmit of ours", RS_RETRANSMIT, IPPROTO_TCP, RS_OUT },
	{ "retransmit of theirs", RS_RETRANSMIT, IPPROTO_TCP, RS_IN }, { "send", RS_UDP_SEND, IPPROTO_UDP, RS_OUT },
	{ "recv", RS_UDP_RECV, IPPROTO_UDP, RS_IN }, { "flow of ours", RS_FLOW, IPPROTO_TCP, RS_OUT },
	{ "flow of theirs", RS_FLOW, IPPROTO_TCP, RS_IN }, { "icmp out", RS_ICMP, IPPROTO_ICMP, RS_OUT },
	{ "icmp in", RS_ICMP, IPPROTO_ICMP, RS_IN },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static bool want_kind(const struct options *o, const struct kind *k)
{
	union { struct rs_icmp icmp; struct rs_flow flow; } r = {};
	struct ringside_event e = { .kind = RINGSIDE_RECORD, .record = &r, .source = &sockets };

	r.flow.hdr.type = (__u16)k->type;
	r.flow.hdr.direction = (__u8)k->direction;
	r.flow.hdr.ip_version = 4;
	if (k->type == RS_ICMP)
		e.source = &eth0;
	else
		r.flow.protocol = (__u8)k->protocol;
	return options_want(o, &e);
}

/* One character for each of kinds[] */
static void check_kinds(const char *option, const char *expected)
{
	struct options o;

	EQUAL(strlen(expected), KINDS);
	PARSE(&o, (char *)option);
	for (size_t i = 0; i < KINDS; i++)
		if (want_kind(&o, &kinds[i]) != (expected[i] == 'x'))
			TEST_FAIL("%s: %s is %s", option, kinds[i].name, expected[i] == 'x' ? "not wanted" : "wanted");
	options_free(&o);
}

static void test_kinds(void)
{
	static const char in[] =  "..x.....x.x.x", out[] = "xx.....x.x.x.";
	static const char close[] = "...xx........", again[] = ".....xx......";
	static const char tcp[] = "xxxxxxx..xx..", udp[] = ".......xx....", icmp[] = "...........xx";
	static const char *const sets[] = { in, out, close, again };

	check_kinds("-v", "xxxxxxxxxxxxx");
	check_kinds("-d", "xxxxxxxxxxxxx");
	check_kinds("-i", in);
	check_kinds("-o", out);
	check_kinds("-c", close);
	check_kinds("-r", again);
	check_kinds("-t", tcp);
	check_kinds("-u", udp);
	check_kinds("-tu", "xxxxxxxxxxx..");
	check_kinds("--type=0", icmp);
	/* kinds add up; protocols are another condition */
	for (int set = 0; set < 64; set++) {
		char option[16] = "-v", expected[KINDS + 1] = "";
		for (int i = 0; i < 6; i++)
			if (set >> i & 1)
				strncat(option, &"iocrtu"[i], 1);
		if (set >> 4 == 2 && set & 15 && !(set & 3))
			continue; /* only UDP, and only what TCP has: refused */
		for (size_t k = 0; k < KINDS; k++) {
			bool kind = !(set & 15), protocol = !(set >> 4);
			for (int i = 0; i < 4; i++)
				kind = kind || (set >> i & 1 && sets[i][k] == 'x');
			protocol = protocol || (set & 16 && tcp[k] == 'x') || (set & 32 && udp[k] == 'x');
			expected[k] = kind && protocol ? 'x' : '.';
		}
		check_kinds(option, expected);
	}
}

/* ------------------------------------------------------------------ processes, ports */

#define ID "cbd2540ec5be4c7bd0a3ec0c97c9f0b2f8a3f1e5d6c7b8a90123456789abcdef"

static const struct rs_process curl = {
	.pid = 4242, .uid = 1000, .comm = "curl",
	.cgroup = "docker-" ID ".scope\0system.slice\0",
};

/* A connection of curl in a container, and what is known of its names. */
static bool want_flow(const struct options *o, const struct rs_process *process, const struct ringside_names *names)
{
	struct rs_flow r = { .hdr = { .type = RS_CONNECT, .direction = RS_OUT, .ip_version = 4 }, .protocol = IPPROTO_TCP,
			     .local = { 10, 0, 0, 1 }, .remote = { 192, 0, 2, 7 }, .local_port = 40000, .remote_port = 443,
			     .if_name = "eth0" };

	return options_want(o, &(struct ringside_event){ .kind = RINGSIDE_RECORD, .record = &r, .source = &sockets,
							 .process = process, .names = names });
}

static bool want_echo(const struct options *o, const struct rs_process *process, const struct ringside_names *names)
{
	struct rs_icmp r = { .hdr = { .type = RS_ICMP, .direction = RS_OUT, .ip_version = 4 }, .icmp_type = 8,
			     .src = { 10, 0, 0, 1 }, .dst = { 192, 0, 2, 7 } };

	return options_want(o, &(struct ringside_event){ .kind = RINGSIDE_RECORD, .record = &r, .source = &eth0,
							 .process = process, .names = names });
}

/* The same of flows and of echoes; never of those whose process is not known. */
#define CHECK_PROCESS(expected, names, ...)                                              \
	do {                                                                             \
		struct options o_;                                                       \
		PARSE(&o_, __VA_ARGS__);                                                 \
		CHECK(o_.filters);                                                       \
		EQUAL(want_flow(&o_, &curl, names), expected);                           \
		EQUAL(want_echo(&o_, &curl, names), expected);                           \
		CHECK(!want_flow(&o_, NULL, NULL) && !want_echo(&o_, NULL, NULL));       \
		options_free(&o_);                                                       \
	} while (0)

static void test_processes(void)
{
	const struct ringside_names names = { .container = "web", .pod = "shop-7d9f" }, empty = {}, *known = &names;
	struct rs_process long_name = { .pid = 1, .comm = "0123456789abcdef" }; /* without its NUL */
	struct options o;

	CHECK_PROCESS(true, NULL, "--pid", "4242");
	CHECK_PROCESS(false, NULL, "--pid", "424");
	CHECK_PROCESS(true, NULL, "--pid", "1", "--pid", "4242", "--pid=7");
	CHECK_PROCESS(true, NULL, "--uid", "1000");
	CHECK_PROCESS(false, NULL, "--uid", "0");
	CHECK_PROCESS(false, NULL, "--uid", "root");
	CHECK_PROCESS(true, NULL, "--uid", "root", "--uid", "1000");
	CHECK_PROCESS(true, NULL, "--comm", "curl");
	CHECK_PROCESS(false, NULL, "--comm", "cur");
	CHECK_PROCESS(false, NULL, "--comm", "curly");
	CHECK_PROCESS(false, NULL, "--comm", "Curl");
	CHECK_PROCESS(true, NULL, "--comm", "wget", "--comm", "curl");
	PARSE(&o, "--comm", "0123456789abcde"); CHECK(!want_flow(&o, &long_name, NULL)); options_free(&o);

	CHECK_PROCESS(true, NULL, "--container", "cbd2");
	CHECK_PROCESS(true, NULL, "--container", "cbd2540ec5be");
	CHECK_PROCESS(true, NULL, "--container", ID);
	CHECK_PROCESS(false, NULL, "--container", "cbd");
	CHECK_PROCESS(false, NULL, "--container", "cbd3");
	CHECK_PROCESS(false, NULL, "--container", "bd25");
	CHECK_PROCESS(false, NULL, "--container", ID "0");
	CHECK_PROCESS(false, NULL, "--container", "web");
	CHECK_PROCESS(false, &empty, "--container", "web");
	CHECK_PROCESS(true, known, "--container", "web");
	CHECK_PROCESS(true, known, "--container", "shop-7d9f");
	CHECK_PROCESS(true, known, "--container", "cbd2");
	CHECK_PROCESS(false, known, "--container", "we");
	CHECK_PROCESS(false, known, "--container", "web2");
	CHECK_PROCESS(false, known, "--container", "shop");
	CHECK_PROCESS(true, known, "--container", "db", "--container", "web");

	/* different ones must all match */
	CHECK_PROCESS(true, known, "--pid", "4242", "--uid", "1000", "--comm", "curl", "--container", "web");
	CHECK_PROCESS(false, known, "--pid", "1", "--uid", "1000", "--comm", "curl", "--container", "web");
	CHECK_PROCESS(false, known, "--pid", "4242", "--uid", "1", "--comm", "curl", "--container", "web");
	CHECK_PROCESS(false, known, "--pid", "4242", "--uid", "1000", "--comm", "ping", "--container", "web");
	CHECK_PROCESS(false, known, "--pid", "4242", "--uid", "1000", "--comm", "curl", "--container", "db");
	CHECK_PROCESS(false, known, "--pid", "4242", "--net", "127.0.0.1");
	CHECK_PROCESS(true, known, "--pid", "4242", "--net", "192.0.2.0/24");

	PARSE(&o, "--uid", "root");
	CHECK(want_flow(&o, &(struct rs_process){ .pid = 1 }, NULL));
	options_free(&o);
}

static void test_ports(void)
{
	static const struct { const char *port; bool flow, icmp; } rows[] = {
		{ "443", true, false }, { "40000", true, false }, { "53", false, true }, { "34567", false, true },
		{ "4430", false, false }, { "1", false, false }, { "65535", false, false },
	};
	struct rs_icmp r = { .hdr = { .ip_version = 4 }, .icmp_type = 3, .flags = RS_INNER | RS_INNER_PORTS,
			     .inner_sport = 34567, .inner_dport = 53 };
	struct options o;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r.flags = RS_INNER | RS_INNER_PORTS;
		PARSE(&o, "--port", (char *)rows[i].port);
		EQUAL(want_flow(&o, NULL, NULL), rows[i].flow);
		EQUAL(want_icmp(&o, &r), rows[i].icmp);
		r.flags = RS_INNER; /* what is where the ports would be is none */
		CHECK(!want_icmp(&o, &r));
		options_free(&o);
	}
	r.flags = RS_INNER | RS_INNER_PORTS;
	PARSE(&o, "--port", "1", "--port", "53", "--port", "443");
	CHECK(want_flow(&o, NULL, NULL) && want_icmp(&o, &r));
	options_free(&o);
}

static void test_loopback(void)
{
	static const struct { const char *a, *b, *if_name; bool loopback; } rows[] = {
		{ "10.0.0.1", "10.0.0.2", "eth0", false }, { "10.0.0.1", "10.0.0.1", "lo", true },
		{ "127.0.0.1", "10.0.0.2", "eth0", true }, { "10.0.0.1", "127.255.255.255", "eth0", true },
		{ "126.0.0.1", "128.0.0.1", "", false }, { "127.0.0.53", "127.0.0.1", "", true },
		{ "::1", "fe80::1", "eth0", true }, { "fe80::1", "::1", "eth0", true }, { "::", "::2", "eth0", false },
		{ "7f00::1", "7f7f::2", "eth0", false }, { "fe80::1", "fe80::2", "lo", true },
		{ "fe80::1", "1::1", "lo0", false }, { "10.0.0.1", "10.0.0.2", "l", false },
	};
	struct options o, all;

	PARSE(&o, "--no-loopback");
	PARSE(&all, "-io");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ringside_source source = { .name = "x" };
		struct rs_flow f = { .hdr = { .type = RS_CONNECT, .direction = RS_OUT } };
		struct rs_icmp r = { .hdr = { .type = RS_ICMP, .direction = RS_OUT } };
		struct ringside_event e = { .kind = RINGSIDE_RECORD, .source = &source };
		int family = strchr(rows[i].a, ':') ? AF_INET6 : AF_INET;

		WHERE("%s to %s on %s", rows[i].a, rows[i].b, rows[i].if_name);
		f.hdr.ip_version = r.hdr.ip_version = family == AF_INET ? 4 : 6;
		CHECK(inet_pton(family, rows[i].a, f.local) == 1 && inet_pton(family, rows[i].b, f.remote) == 1);
		memcpy(r.src, f.local, 16);
		memcpy(r.dst, f.remote, 16);
		strcpy(f.if_name, rows[i].if_name);
		e.record = &f;
		EQUAL(options_want(&o, &e), !rows[i].loopback);
		CHECK(options_want(&all, &e));
		strcpy(source.if_name, rows[i].if_name);
		e.record = &r;
		EQUAL(options_want(&o, &e), !rows[i].loopback);
		CHECK(options_want(&all, &e));
	}
	test_where[0] = '\0';
	options_free(&o);
	options_free(&all);
}

/* ------------------------------------------------------------------ networks */

static bool same_bits(const uint8_t *a, const uint8_t *b, int bits)
{
	for (int i = 0; i < bits; i++)
		if ((a[i / 8] >> (7 - i % 8) & 1) != (b[i / 8] >> (7 - i % 8) & 1))
			return false;
	return true;
}

/* An address that leaves the network, if it does, at any one of its bits. */
static void near_to(uint64_t *random, const uint8_t *net, uint8_t *address, int bits)
{
	uint64_t first = random_below(random, (uint64_t)bits + 1); /* the first bit that differs */

	random_bytes(random, address, 16);
	for (int i = 0; i < bits && i <= (int)first; i++) {
		uint8_t mask = (uint8_t)(0x80 >> (i % 8)), bit = net[i / 8] & mask;
		address[i / 8] = (uint8_t)((address[i / 8] & ~mask) | (i == (int)first ? bit ^ mask : bit));
	}
}

/* The same addresses, as those of a connection. */
static bool want_sides(const struct options *o, const struct rs_icmp *r)
{
	struct rs_flow flow = { .hdr = { .type = RS_ACCEPT, .ip_version = r->hdr.ip_version } };

	memcpy(flow.local, r->src, 16);
	memcpy(flow.remote, r->dst, 16);
	return options_want(o, &(struct ringside_event){ .kind = RINGSIDE_RECORD, .record = &flow, .source = &sockets });
}

static void test_nets(void)
{
	uint64_t random = seed, wanted = 0, asked = 0;

	for (int ip_version = 4; ip_version <= 6; ip_version += 2) {
		int most = ip_version == 4 ? 32 : 128;
		for (int prefix = 0; prefix <= most; prefix++) {
			for (int round = 0; round < 20; round++) {
				char text[80], cidr[128];
				uint8_t net[16];
				struct options o;

				random_bytes(&random, net, 16);
				inet_ntop(ip_version == 4 ? AF_INET : AF_INET6, net, text, sizeof(text));
				snprintf(cidr, sizeof(cidr), "%s/%d", text, prefix);
				PARSE(&o, "--net", prefix == most && round % 2 ? text : cidr);
				for (int i = 0; i < 50; i++) {
					struct rs_icmp r = { .hdr = { .ip_version = i % 10 ? ip_version : 10 - ip_version } };
					bool in;
					near_to(&random, net, r.src, most);
					near_to(&random, net, r.dst, most);
					in = r.hdr.ip_version == ip_version &&
					     (same_bits(net, r.src, prefix) || same_bits(net, r.dst, prefix));
					EQUAL(want_icmp(&o, &r), in);
					EQUAL(want_sides(&o, &r), in);
					wanted += in;
					asked++;
				}
				options_free(&o);
			}
		}
	}
	printf("%" PRIu64 " of %" PRIu64 " addresses were in their network\n", wanted, asked);
	CHECK(wanted > asked / 5 && wanted < asked * 4 / 5);
}

/* ------------------------------------------------------------------ refusals */

static void test_bad(void)
{
	static const struct { const char *line, *message; } rows[] = {
		{ "--nosuch", "unrecognized option" },
		{ "-x", "invalid option" },
		{ "-f", "requires an argument" },
		{ "--net", "requires an argument" },
		{ "--once=1", "doesn't allow an argument" },
		{ "--o", "ambiguous" },
		{ "-f xml", "format xml: must be json or text" },
		{ "-f ''", "format : must be json or text" },
		{ "-f JSON", "format JSON: must be json or text" },
		{ "-n 0", "count 0: must be a number from 1 on" },
		{ "-n -1", "count -1: must be a number from 1 on" },
		{ "-n ''", "count : must be a number from 1 on" },
		{ "-n 1x", "count 1x: must be" },
		{ "-n ' 1'", "must be a number from 1 on" },
		{ "-n +1", "must be a number from 1 on" },
		{ "-n 18446744073709551616", "must be a number from 1 on" },
		{ "--stats 0", "stats 0: must be a number of seconds from 0.01 to 86400" },
		{ "--stats 0.009", "must be a number of seconds" },
		{ "--stats 86401", "must be a number of seconds" },
		{ "--stats nan", "must be a number of seconds" },
		{ "--stats inf", "must be a number of seconds" },
		{ "--stats -1", "must be a number of seconds" },
		{ "--stats 1e99", "must be a number of seconds" },
		{ "--stats 1s", "must be a number of seconds" },
		{ "--stats ''", "must be a number of seconds" },
		{ "--type 256", "type 256: no such ICMP type" },
		{ "--type -1", "type -1: no such ICMP type" },
		{ "--type ''", "no such ICMP type" },
		{ "--type 8,", "no such ICMP type" },
		{ "--type ,8", "no such ICMP type" },
		{ "--type 8,nosuch,0", "type nosuch: no such ICMP type" },
		{ "--type 5:8", "no such ICMP type" },
		{ "--type 4:", "no such ICMP type" },
		{ "--type 4:4:8", "no such ICMP type" },
		{ "--type 4:packet-too-big", "no such ICMP type" },
		{ "--type 6:redirect", "no such ICMP type" },
		{ "--type echo", "no such ICMP type" },
		{ "--type echo-request-", "no such ICMP type" },
		{ "--type 8.0", "no such ICMP type" },
		{ "--type 99999999999999999999", "no such ICMP type" },
		{ "--net ''", "must be an address or ADDRESS/BITS" },
		{ "--net nosuch", "net nosuch: must be an address or ADDRESS/BITS" },
		{ "--net 10.0.0.0/33", "must be an address or ADDRESS/BITS" },
		{ "--net 10.0.0.0/-1", "must be an address or ADDRESS/BITS" },
		{ "--net 10.0.0.0/", "must be an address or ADDRESS/BITS" },
		{ "--net 10.0.0.0/8x", "must be an address or ADDRESS/BITS" },
		{ "--net '10.0.0.0/ 8'", "must be an address or ADDRESS/BITS" },
		{ "--net 10.0.0.0/8/8", "must be an address or ADDRESS/BITS" },
		{ "--net 10.0.0/8", "must be an address or ADDRESS/BITS" },
		{ "--net 10.0.0.256", "must be an address or ADDRESS/BITS" },
		{ "--net ::/129", "must be an address or ADDRESS/BITS" },
		{ "--net fe80::1%lo/64", "must be an address or ADDRESS/BITS" },
		{ "--net /8", "must be an address or ADDRESS/BITS" },
		{ "--net 10.0.0.0/99999999999999999999", "must be an address or ADDRESS/BITS" },
		{ "--net aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  "must be an address or ADDRESS/BITS" },
		{ "--port 0", "port 0: must be a number from 1 to 65535" },
		{ "--port 65536", "port 65536: must be a number from 1 to 65535" },
		{ "--port -1", "must be a number from 1 to 65535" },
		{ "--port ' 1'", "must be a number from 1 to 65535" },
		{ "--port http", "port http: must be a number from 1 to 65535" },
		{ "--port ''", "must be a number from 1 to 65535" },
		{ "--port 99999999999999999999", "must be a number from 1 to 65535" },
		{ "--pid 0", "pid 0: must be a number from 1 to 2147483647" },
		{ "--pid 2147483648", "must be a number from 1 to 2147483647" },
		{ "--pid self", "pid self: must be a number" },
		{ "--pid +1", "must be a number" },
		{ "--pid 1,2", "must be a number" },
		{ "--uid 4294967295", "uid 4294967295: must be a number from 0 to 4294967294" },
		{ "--uid 99999999999999999999", "must be a number from 0 to 4294967294" },
		{ "--uid no-such-user", "uid no-such-user: no such user" },
		{ "--uid ''", "uid : no such user" },
		{ "--uid -1", "uid -1: no such user" },
		{ "--comm ''", "comm : must not be empty" },
		{ "--comm 0123456789abcdef", "comm 0123456789abcdef: longer than any, the kernel keeps 15 bytes" },
		{ "--container ''", "container : neither an id nor a name that a container can have" },
		{ "--container a/b", "container a/b: neither" },
		{ "--container -a", "container -a: neither" },
		{ "--container 'a b'", "neither an id nor a name" },
		{ "--container caf\xc3\xa9", "neither an id nor a name" },
		{ "--no-loopback=1", "doesn't allow an argument" },
		{ "--no", "ambiguous" },
		{ "-t --type 8", "type: only ICMP has types, and --tcp and --udp leave none of it" },
		{ "--udp --type 8", "type: only ICMP has types" },
		{ "-r --type 8", "type: only ICMP has types, and --retransmissions and --close leave none of it" },
		{ "-c --type 8", "type: only ICMP has types" },
		{ "-ur", "udp: --retransmissions and --close are TCP's" },
		{ "-uc", "udp: --retransmissions and --close are TCP's" },
		{ "--snapshot -r", "snapshot: --retransmissions is not for sockets that there are" },
		{ "-c --snapshot", "snapshot: --close is not for" },
		{ "--snapshot --type 8", "snapshot: --type is not for" },
		{ "--snapshot --once", "snapshot: --once is not for" },
		{ "--snapshot --from-start", "snapshot: --from-start is not for" },
		{ "--snapshot --stats 1", "snapshot: --stats is not for" },
		{ "--snapshot -f text", "snapshot: --format text is not for" },
		{ "--snapshot flows eth0", "snapshot: eth0 has no sockets, only flows has" },
		{ "--pin-root relative", "pin root relative: must be an absolute path of at most 200 bytes" },
		{ "--pin-root ''", "must be an absolute path" },
		{ "''", "source : not a name an interface can have" },
		{ "sixteen-bytes---", "source sixteen-bytes---: not a name an interface can have" },
		{ "eth0 a/b", "source a/b: not a name" },
		{ "-- --once /", "source /: not a name" },
	};
	int reader = child_open("reader/ringside-reader");
	char *environment[] = { NULL };
	struct child child;
	char line[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		WHERE("ringside-reader %s", rows[i].line);
		snprintf(line, sizeof(line), "ringside-reader %s", rows[i].line);
		child_run_line(&child, reader, line, environment);
		if (child.code != 2)
			TEST_FAIL("expected exit status 2, found %d: %s", child.code, child.err);
		EQUAL_TEXT(child.out, "");
		check_error(&child, "ringside-reader", rows[i].message);
	}
	snprintf(line, sizeof(line), "ringside-reader --pin-root /%0250d", 0);
	child_run_line(&child, reader, line, environment);
	EQUAL(child.code, 2);
	check_error(&child, "ringside-reader", "at most 200 bytes");
	test_where[0] = '\0';
	close(reader);
}

static void test_help(void)
{
	static const char *const documented[] = {
		"-f, --format", "-n, --count", "--from-start", "--once", "--snapshot", "--stats", "-i, --in", "-o, --out", "--type", "--net",
		"--pin-root", "-v, --verbose", "-h, --help", "-V, --version", "example", "-t, --tcp", "-u, --udp",
		"-r, --retransmissions", "-c, --close", "-d, --container-names", "--no-container-names", "--pid", "--uid",
		"--comm", "--port", "--container ID|NAME", "--no-loopback", "flows",
	};
	int reader = child_open("reader/ringside-reader");
	char *environment[] = { NULL };
	struct child child;

	for (int i = 0; i < 2; i++) {
		child_run_line(&child, reader, i ? "ringside-reader -h" : "ringside-reader --help --nosuch", environment);
		EQUAL(child.code, 0);
		EQUAL_TEXT(child.err, "");
		CHECK(!strncmp(child.out, "usage: ringside-reader ", 23));
		for (size_t k = 0; k < sizeof(documented) / sizeof(documented[0]); k++)
			if (!strstr(child.out, documented[k]))
				TEST_FAIL("the help does not name %s", documented[k]);
		child_run_line(&child, reader, i ? "ringside-reader -V" : "ringside-reader --version", environment);
		EQUAL(child.code, 0);
		EQUAL_TEXT(child.err, "");
		EQUAL_TEXT(child.out, "ringside-reader " RS_VERSION "\n");
	}
	/* a good command line, and nothing there to read */
	child_run_line(&child, reader, "ringside-reader --once --pin-root /nonexistent eth0", environment);
	EQUAL(child.code, 1);
	EQUAL_TEXT(child.out, "");
	check_error(&child, "ringside-reader", "nothing is loaded that may be read");
	close(reader);
}

int main(void)
{
	seed = random_seed();
	test_defaults();
	test_each();
	test_types();
	test_directions();
	test_together();
	test_kinds();
	test_processes();
	test_ports();
	test_loopback();
	test_nets();
	test_bad();
	test_help();
	return 0;
}
