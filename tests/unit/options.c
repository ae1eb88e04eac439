// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The reader takes every option that it documents, asks for the right records, and refuses the rest with a reason. */
#include <arpa/inet.h>
#include <getopt.h>

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
	PARSE(&o, "--stats", "0.01"); CHECK(o.stats == 0.01);
	PARSE(&o, "--stats=86400"); CHECK(o.stats == 86400);
	PARSE(&o, "-i"); CHECK(o.incoming && !o.outgoing);
	PARSE(&o, "--in"); CHECK(o.incoming && !o.outgoing);
	PARSE(&o, "-o"); CHECK(o.outgoing && !o.incoming);
	PARSE(&o, "--out"); CHECK(o.outgoing && !o.incoming);
	PARSE(&o, "-io"); CHECK(o.outgoing && o.incoming);
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

static bool wants(const struct options *o, int ip_version, int type)
{
	struct rs_icmp r = { .hdr = { .ip_version = (__u8)ip_version, .direction = RS_IN }, .icmp_type = (__u8)type };

	return options_want(o, &r);
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
		EQUAL(options_want(&o, &r), rows[i].in);
		r.hdr.direction = RS_OUT;
		EQUAL(options_want(&o, &r), rows[i].out);
	}
}

/* All conditions must hold, of a list one. */
static void test_together(void)
{
	struct rs_icmp r = { .hdr = { .ip_version = 4, .direction = RS_IN }, .icmp_type = 8, .src = { 10, 1, 2, 3 },
			     .dst = { 192, 168, 0, 1 } };
	char echo[] = "8", reply[] = "0";
	struct options o;

	PARSE(&o, "-i", "--type", echo, "--net", "10.0.0.0/8"); CHECK(options_want(&o, &r)); options_free(&o);
	PARSE(&o, "-o", "--type", echo, "--net", "10.0.0.0/8"); CHECK(!options_want(&o, &r)); options_free(&o);
	PARSE(&o, "-i", "--type", reply, "--net", "10.0.0.0/8"); CHECK(!options_want(&o, &r)); options_free(&o);
	PARSE(&o, "-i", "--type", echo, "--net", "11.0.0.0/8"); CHECK(!options_want(&o, &r)); options_free(&o);
	PARSE(&o, "--net", "11.0.0.0/8", "--net", "192.168.0.1"); CHECK(options_want(&o, &r)); options_free(&o);
	PARSE(&o, "--net", "::/0"); CHECK(!options_want(&o, &r)); options_free(&o);
	PARSE(&o, "--net", "0.0.0.0/0"); CHECK(options_want(&o, &r)); options_free(&o);
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
					EQUAL(options_want(&o, &r), in);
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
		"-f, --format", "-n, --count", "--from-start", "--once", "--stats", "-i, --in", "-o, --out", "--type", "--net",
		"--pin-root", "-v, --verbose", "-h, --help", "-V, --version", "example:",
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
	test_nets();
	test_bad();
	test_help();
	return 0;
}
