// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The loader refuses a wrong command line, and one without privilege, with a reason and the right exit status. */
#include "child.h"

static int loader;
static struct child child;
static char *no_environment[] = { NULL };

static void run(const char *arguments, char *const environment[])
{
	char line[1024];

	WHERE("ringside-loader %s", arguments);
	snprintf(line, sizeof(line), "ringside-loader %s", arguments);
	child_run_line(&child, loader, line, environment);
}

static void check_code(int code)
{
	if (child.code != code)
		TEST_FAIL("expected exit status %d, found %d: %s", code, child.code, child.err);
}

static void test_bad(void)
{
	static const struct { const char *line, *message; } rows[] = {
		{ "load", "load: no interface given" },
		{ "load -g adm", "load: no interface given" },
		{ "unload", "unload: no interface given" },
		{ "unload --all eth0", "unload: --all takes no interface" },
		{ "load --nosuch eth0", "unrecognized option" },
		{ "load -x eth0", "invalid option" },
		{ "load -g", "requires an argument" },
		{ "load eth0 --xdp", "requires an argument" },
		{ "load --replace=1 eth0", "doesn't allow an argument" },
		{ "load -m 0644 eth0", "mode 0644: must be 0600, 0660 or 0666" },
		{ "load -m 0777 eth0", "mode 0777: must be" },
		{ "load -m '' eth0", "mode : must be" },
		{ "load -m 660x eth0", "mode 660x: must be" },
		{ "load -m -1 eth0", "mode -1: must be" },
		{ "load -m 99999999999999999999999 eth0", "must be 0600, 0660 or 0666" },
		{ "load --xdp hardware eth0", "xdp mode hardware: must be native, generic or auto" },
		{ "load --xdp '' eth0", "xdp mode : must be" },
		{ "load --ring-size 0 eth0", "ring size 0: must be a number of bytes from 4K to 256M" },
		{ "load --ring-size 4095 eth0", "ring size 4095: must be" },
		{ "load --ring-size 257M eth0", "ring size 257M: must be" },
		{ "load --ring-size 268435457 eth0", "must be a number of bytes" },
		{ "load --ring-size -1 eth0", "must be a number of bytes" },
		{ "load --ring-size -1M eth0", "must be a number of bytes" },
		{ "load --ring-size '' eth0", "must be a number of bytes" },
		{ "load --ring-size M eth0", "must be a number of bytes" },
		{ "load --ring-size 1MB eth0", "must be a number of bytes" },
		{ "load --ring-size 17592186044417M eth0", "must be a number of bytes" }, /* 1 MiB, if it wrapped */
		{ "load --ring-size 1G eth0", "must be a number of bytes" },
		{ "load --ring-size 18446744073709551615 eth0", "must be a number of bytes" },
		{ "load --pin-root relative eth0", "pin root relative: must be an absolute path" },
		{ "unload --pin-root '' eth0", "pin root : must be an absolute path" },
		{ "status --pin-root .", "pin root .: must be an absolute path" },
		{ "load --compile --source x.bpf.c eth0", "load: --compile and --source exclude each other" },
		{ "load --no-icmp --no-flows eth0", "load: with --no-icmp and --no-flows there is nothing to load" },
		{ "load --hooks fentry eth0", "hooks fentry: must be kprobes, tracepoints or auto" },
		{ "load --hooks '' eth0", "hooks : must be" },
		{ "load --flow-interval 0.5 eth0", "flow interval 0.5: must be a number of seconds from 1 to 86400, or 0" },
		{ "load --flow-interval 86401 eth0", "flow interval 86401: must be" },
		{ "load --flow-interval -1 eth0", "flow interval -1: must be" },
		{ "load --flow-interval 5s eth0", "flow interval 5s: must be" },
		{ "load --flow-interval nan eth0", "flow interval nan: must be" },
		{ "load --flow-interval '' eth0", "flow interval : must be" },
		{ "unload --hooks auto eth0", "not an option of unload" },
		{ "status --flow-interval 1", "not an option of status" },
		{ "load --all eth0", "--all: not an option of load" },
		{ "load --json eth0", "--json: not an option of load" },
		{ "unload --json eth0", "--json: not an option of unload" },
		{ "unload --replace eth0", "--replace: not an option of unload" },
		{ "unload -m 0666 eth0", "not an option of unload" },
		{ "status --all", "--all: not an option of status" },
		{ "status -g adm", "not an option of status" },
		{ "check --json", "--json: not an option of check" },
		{ "status --nosuch", "unrecognized option" },
		{ "check -x", "invalid option" },
	};
	char root[] = "RINGSIDE_PIN_ROOT=relative", *environment[] = { root, NULL };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run(rows[i].line, no_environment);
		check_code(2);
		EQUAL_TEXT(child.out, "");
		check_error(&child, "ringside-loader", rows[i].message);
	}
	run("load eth0", environment);
	check_code(2);
	check_error(&child, "ringside-loader", "pin root relative: must be an absolute path");
}

/* Without a command, or with one that is not there, the usage goes to stderr. */
static void test_no_command(void)
{
	static const struct { const char *line, *message; } rows[] = {
		{ "", NULL }, { "nosuch", "ringside-loader: nosuch: no such command\n" },
		{ "''", "ringside-loader: : no such command\n" }, { "Load eth0", "ringside-loader: Load: no such command\n" },
		{ "--nosuch", "ringside-loader: unrecognized option '--nosuch'\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run(rows[i].line, no_environment);
		check_code(2);
		EQUAL_TEXT(child.out, "");
		CHECK(strstr(child.err, "usage:\n"));
		if (rows[i].message)
			CHECK(!strncmp(child.err, rows[i].message, strlen(rows[i].message)));
		else
			CHECK(child.err == strstr(child.err, "usage:\n"));
	}
}

static void test_help(void)
{
	static const char *const documented[] = {
		"ringside-loader load", "ringside-loader unload", "ringside-loader status", "ringside-loader check", "--group",
		"--mode", "--xdp", "--no-egress", "--no-icmp", "--no-flows", "--flow-interval", "--hooks", "--ring-size", "--replace", "--compile", "--source", "--pin-root", "--verbose",
		"--help", "--version", "--all", "--json", "example:",
	};
	static const char *const help[] = { "--help", "-h", "load --help", "load eth0 -h", "unload -h", "status -h", "check -h" };
	static const char *const version[] = { "--version", "-V", "load -V", "status --version" };

	for (size_t i = 0; i < sizeof(help) / sizeof(help[0]); i++) {
		run(help[i], no_environment);
		check_code(0);
		EQUAL_TEXT(child.err, "");
		CHECK(!strncmp(child.out, "usage:\n", 7));
		for (size_t k = 0; k < sizeof(documented) / sizeof(documented[0]); k++)
			if (!strstr(child.out, documented[k]))
				TEST_FAIL("the help does not name %s", documented[k]);
	}
	for (size_t i = 0; i < sizeof(version) / sizeof(version[0]); i++) {
		run(version[i], no_environment);
		check_code(0);
		EQUAL_TEXT(child.err, "");
		EQUAL_TEXT(child.out, "ringside-loader " RS_VERSION "\n");
	}
}

/* Good command lines, and nobody: refused before anything is looked at. */
static void test_unprivileged(void)
{
	static const char *const lines[] = {
		"load lo", "load nosuch0", "load -g nosuch lo", "load -m 0666 --xdp generic --no-egress --ring-size 4K lo",
		"load --ring-size 256M lo", "load --no-icmp --hooks tracepoints --flow-interval 2.5 lo", "load --flow-interval 0 lo",
		"load --compile lo", "load --source /nonexistent lo", "load lo --replace -v",
		"unload lo", "unload --all", "unload --pin-root /nonexistent lo",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		run(lines[i], no_environment);
		check_code(1);
		EQUAL_TEXT(child.out, "");
		check_error(&child, "ringside-loader", strncmp(lines[i], "load", 4) ? "unload: Operation not permitted" :
										      "load: Operation not permitted");
		CHECK(strstr(child.err, "\n  it needs root: sudo ringside-loader "));
	}
}

int main(void)
{
	loader = child_open("loader/ringside-loader");
	test_bad();
	test_no_command();
	test_help();
	test_unprivileged();
	return 0;
}
