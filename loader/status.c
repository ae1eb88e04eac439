// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* status.c - what is loaded, who may read it, what was counted; for people and as JSON. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "attach.h"
#include "flows.h"
#include "source.h"

static const char *const filtered_names[RS_FILTERED_N] = { "not_icmp", "later_fragment", "rule", "summed" };
static const char *const failed_names[RS_FAILED_N] = { "truncated", "malformed", "headers", "ring" };
static const char *const noted_names[RS_NOTED_N] = { "sockets_full", "udp_full", "processes_full", "unknown" };

struct counts {
	struct rs_counters c;
	__u64 written;
	__u64 missed;	    /* of flows: programs that the kernel left out */
	unsigned int hooks; /* 0: only root can tell */
	bool whole; /* seen = written + filtered + failed; else packets were under way */
};

static __u64 total(const __u64 *reasons, int count)
{
	__u64 sum = 0;

	for (int i = 0; i < count; i++)
		sum += reasons[i];
	return sum;
}

/* The counters are read one after the other while packets go on, so they are
 * read until they fit together, or given as they are.
 */
static int read_counts(const struct source *s, struct counts *counts)
{
	int error = 0;

	counts->whole = false;
	for (int tries = 0; tries < 100 && !counts->whole && !error; tries++) {
		error = source_counters(s, &counts->c) ?: source_written(s, &counts->written);
		counts->whole = counts->c.seen == counts->written + total(counts->c.filtered, RS_FILTERED_N) +
							  total(counts->c.failed, RS_FAILED_N);
	}
	return error;
}

static void since(const struct source *s, char text[32], __u64 *unix_ms)
{
	__s64 ns = (__s64)s->about.loaded_ns + s->about.clock_offset_ns;
	time_t seconds = ns / 1000000000;
	struct tm tm;

	*unix_ms = (__u64)ns / 1000000;
	strftime(text, 32, "%Y-%m-%dT%H:%M:%S%z", localtime_r(&seconds, &tm));
}

static const char *xdp_name(const struct source *s)
{
	return s->about.hooks & RS_HOOK_XDP_NATIVE ? "native" : s->about.hooks & RS_HOOK_XDP_GENERIC ? "generic" : "none";
}

static const char *egress_name(const struct source *s)
{
	return s->about.hooks & RS_HOOK_TCX ? "tcx" : s->about.hooks & RS_HOOK_CLSACT ? "clsact" : "none";
}

/* What is wrong now, beyond what was missing when it was loaded. */
static const char *trouble(const struct source *s, const struct counts *counts)
{
	if (source_is_flows(s))
		return geteuid() == 0 && counts->hooks == 0 ? "nothing is attached: load again" : NULL;
	if (s->xdp_link >= 0 && attached_ifindex(s) == 0)
		return "the interface was removed: load again when it is back";
	if (geteuid() == 0 && s->xdp_link < 0)
		return "nothing is attached: load again";
	return NULL;
}

/* ------------------------------------------------------------------ for people */

static void print_reasons(const char *const *names, const __u64 *values, int count)
{
	const char *separator = " (";

	for (int i = 0; i < count; i++) {
		if (!values[i])
			continue;
		printf("%s%s %llu", separator, names[i], values[i]);
		separator = ", ";
	}
	puts(separator[0] == ',' ? ")" : "");
}

static const char *ways_name(const struct source *s)
{
	switch (s->about.hooks & (RS_HOOK_KPROBES | RS_HOOK_TRACEPOINTS)) {
	case RS_HOOK_KPROBES: return "kprobes";
	case RS_HOOK_TRACEPOINTS: return "tracepoints";
	case RS_HOOK_KPROBES | RS_HOOK_TRACEPOINTS: return "kprobes and tracepoints";
	default: return "none";
	}
}

static void print_attached(const struct source *s, const struct counts *counts, const char *when)
{
	printf("  attached   ");
	if (!source_is_flows(s)) {
		printf("xdp %s, egress %s", xdp_name(s), egress_name(s));
	} else {
		printf("%s", ways_name(s));
		if (counts->hooks)
			printf(" (%u hooks)", counts->hooks);
		if (s->about.flow_interval_ns)
			printf(", totals every %g s", (double)s->about.flow_interval_ns / 1e9);
	}
	printf(", since %s (%s, version %s)\n", when, s->about.program, s->about.version);
}

static void print_source(const struct source *s, const struct pin_root *root, const struct counts *counts)
{
	const char *wrong = trouble(s, counts);
	char number[GROUP_NAME_MAX], when[32];
	__u64 ms;

	since(s, when, &ms);
	printf("%s\n", s->name);
	print_attached(s, counts, when);
	if (wrong)
		printf("  trouble    %s\n", wrong);
	if (s->about.missing[0])
		printf("  without    %s\n", s->about.missing);
	printf("  pinned     %s/%s\n", root->path, s->dir);
	printf("  readers    %s%s (%04o)\n", s->mode & 0004 ? "everybody" : s->mode & 0040 ? "group " : "root alone",
	       (s->mode & 0044) == 0040 ? group_name(s->gid, number) : "", s->mode);
	printf("  ring       %u CPUs, %u records each, %zu bytes each\n", s->about.cpus, s->about.slots,
	       (size_t)s->about.slots * s->about.slot_size);
	printf("  seen       %llu%s\n", counts->c.seen, counts->whole ? "" : " (packets under way: counters do not add up)");
	printf("  written    %llu\n", counts->written);
	printf("  filtered   %llu", total(counts->c.filtered, RS_FILTERED_N));
	print_reasons(filtered_names, counts->c.filtered, RS_FILTERED_N);
	printf("  failed     %llu", total(counts->c.failed, RS_FAILED_N));
	print_reasons(failed_names, counts->c.failed, RS_FAILED_N);
	if (!source_is_flows(s))
		return;
	printf("  noted      %llu", total(counts->c.noted, RS_NOTED_N));
	print_reasons(noted_names, counts->c.noted, RS_NOTED_N);
	if (counts->hooks)
		printf("  missed     %llu\n", counts->missed);
}

/* ------------------------------------------------------------------ for programs */

/* Names may hold any bytes; JSON only UTF-8. */
static json_t *string(const char *text)
{
	json_t *json = json_string(text);
	char *copy;

	if (json || !(copy = strdup(text)))
		return json;
	for (char *c = copy; *c; c++)
		if (*c & 0x80)
			*c = '?';
	json = json_string(copy);
	free(copy);
	return json;
}

static json_t *reasons(const char *const *names, const __u64 *values, int count)
{
	json_t *object = json_object();

	for (int i = 0; i < count; i++)
		json_object_set_new(object, names[i], json_integer((json_int_t)values[i]));
	return object;
}

static json_t *attached_json(const struct source *s, const struct counts *counts)
{
	if (!source_is_flows(s))
		return json_pack("{s:I, s:s, s:s}", "ifindex", (json_int_t)s->about.ifindex, "xdp", xdp_name(s), "egress",
				 egress_name(s));
	return json_pack("{s:s, s:I, s:o?, s:o?, s:o}", "ways", ways_name(s), "flow_interval_ms",
			 (json_int_t)(s->about.flow_interval_ns / 1000000),
			 "hooks", counts->hooks ? json_integer(counts->hooks) : json_null(),
			 "missed", counts->hooks ? json_integer((json_int_t)counts->missed) : json_null(),
			 "noted", reasons(noted_names, counts->c.noted, RS_NOTED_N));
}

static json_t *source_json(const struct source *s, const struct pin_root *root, const struct counts *counts)
{
	char number[GROUP_NAME_MAX], when[32], mode[8], path[PIN_PATH_MAX];
	const char *wrong = trouble(s, counts);
	json_t *json, *attached;
	__u64 ms;

	since(s, when, &ms);
	snprintf(mode, sizeof(mode), "%04o", s->mode);
	snprintf(path, sizeof(path), "%s/%s", root->path, s->dir);
	json = json_pack(
		"{s:o, s:o, s:s, s:I, s:o, s:s, s:o?, s:s, s:{s:s, s:o}, s:{s:i, s:i, s:i, s:I},"
		" s:I, s:I, s:o, s:o, s:b}",
		"name", string(s->name), "pinned", string(path), "since", when, "since_ms", (json_int_t)ms,
		"program", string(s->about.program), "version", s->about.version,
		"trouble", wrong ? json_string(wrong) : json_null(),
		"missing", s->about.missing,
		"readers", "mode", mode, "group",
		s->mode & 0040 ? string(group_name(s->gid, number)) : json_null(),
		"ring", "cpus", (int)s->about.cpus, "slots", (int)s->about.slots, "record_bytes", (int)s->about.slot_size,
		"cpu_bytes", (json_int_t)s->about.slots * s->about.slot_size,
		"seen", (json_int_t)counts->c.seen, "written", (json_int_t)counts->written,
		"filtered", reasons(filtered_names, counts->c.filtered, RS_FILTERED_N),
		"failed", reasons(failed_names, counts->c.failed, RS_FAILED_N), "whole", counts->whole);
	attached = attached_json(s, counts);
	json_object_update(json, attached);
	json_decref(attached);
	return json;
}

/* ------------------------------------------------------------------ together */

static int status_of(const struct options *o, const struct pin_root *root, const char *dir, json_t *list)
{
	struct counts counts = {};
	struct source s;
	int error = source_open(&s, root, dir);
	const char *name = s.name;

	if (!error && s.ring < 0)
		error = -EACCES;
	error = error ?: read_counts(&s, &counts);
	if (source_is_flows(&s))
		flows_missed(root, &counts.missed, &counts.hooks);
	if (error == -EPROTO && s.about.abi == RS_ABI_VERSION) {
		warnx("status of %s: what is pinned there is not ringside's, or damaged", name);
	} else if (error == -EPROTO) {
		warnx("status of %s: its pins are of version %u, this loader knows version %u", name, s.about.abi,
		      RS_ABI_VERSION);
		hint("load again brings it to this version, unload removes it");
	} else if (error == -ENOENT) {
		warnx("status of %s: it is not loaded", name);
	} else if (error) {
		errno = -error;
		warn("status of %s", name);
	} else if (o->json) {
		json_array_append_new(list, source_json(&s, root, &counts));
	} else {
		print_source(&s, root, &counts);
	}
	source_close(&s);
	return error;
}

int command_status(const struct options *o, int count, char **interfaces)
{
	struct pin_root root = { .path = o->pin_root, .fd = -1, .stage_fd = -1 };
	char **dirs;
	json_t *list = json_array();
	int code = EXIT_DONE;

	/* only looking: no lock, nothing is made and nothing cleaned */
	root.fd = open(o->pin_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root.fd < 0 && errno != ENOENT) {
		warn("status: %s", o->pin_root);
		code = EXIT_FAILED;
	}
	if (count == 0) {
		dirs = root.fd >= 0 ? source_dirs(root.fd) : NULL;
		for (int i = 0; dirs && dirs[i]; i++)
			if (status_of(o, &root, dirs[i], list))
				code = EXIT_FAILED;
		if ((!dirs || !dirs[0]) && !o->json && code == EXIT_DONE)
			printf("nothing is loaded below %s\n", o->pin_root);
		source_free_dirs(dirs);
	}
	for (int i = 0; i < count; i++) {
		char dir[RS_SOURCE_NAME_MAX];

		source_dir_of(interfaces[i], dir);
		if (status_of(o, &root, dir, list))
			code = EXIT_FAILED;
	}
	if (o->json) {
		json_t *all = json_pack("{s:o, s:O}", "pin_root", string(o->pin_root), "sources", list);
		json_dumpf(all, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		putchar('\n');
		json_decref(all);
	}
	json_decref(list);
	if (root.fd >= 0)
		close(root.fd);
	return code;
}
