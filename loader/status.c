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
#include "source.h"

static const char *const filtered_names[RS_FILTERED_N] = { "not_icmp", "later_fragment", "rule" };
static const char *const failed_names[RS_FAILED_N] = { "truncated", "malformed", "headers", "ring" };

struct counts {
	struct rs_counters c;
	__u64 written;
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
static const char *trouble(const struct source *s)
{
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

static void print_source(const struct source *s, const struct pin_root *root, const struct counts *counts)
{
	char number[GROUP_NAME_MAX], when[32];
	__u64 ms;

	since(s, when, &ms);
	printf("%s\n", s->name);
	printf("  attached   xdp %s, egress %s, since %s (%s, version %s)\n", xdp_name(s), egress_name(s), when,
	       s->about.program, s->about.version);
	if (trouble(s))
		printf("  trouble    %s\n", trouble(s));
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

static json_t *source_json(const struct source *s, const struct pin_root *root, const struct counts *counts)
{
	char number[GROUP_NAME_MAX], when[32], mode[8], path[PIN_PATH_MAX];
	const char *wrong = trouble(s);
	__u64 ms;

	since(s, when, &ms);
	snprintf(mode, sizeof(mode), "%04o", s->mode);
	snprintf(path, sizeof(path), "%s/%s", root->path, s->dir);
	return json_pack(
		"{s:o, s:o, s:I, s:s, s:s, s:s, s:I, s:o, s:s, s:o?, s:s, s:{s:s, s:o}, s:{s:i, s:i, s:i, s:I},"
		" s:I, s:I, s:o, s:o, s:b}",
		"name", string(s->name), "pinned", string(path), "ifindex", (json_int_t)s->about.ifindex,
		"xdp", xdp_name(s), "egress", egress_name(s), "since", when, "since_ms", (json_int_t)ms,
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
}

/* ------------------------------------------------------------------ together */

static int status_of(const struct options *o, const struct pin_root *root, const char *name, json_t *list)
{
	struct counts counts = {};
	struct source s;
	int error = source_open(&s, root, name);

	if (!error && s.ring < 0)
		error = -EACCES;
	error = error ?: read_counts(&s, &counts);
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
	char **names = NULL;
	json_t *list = json_array();
	int code = EXIT_DONE;

	/* only looking: no lock, nothing is made and nothing cleaned */
	root.fd = open(o->pin_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root.fd < 0 && errno != ENOENT) {
		warn("status: %s", o->pin_root);
		code = EXIT_FAILED;
	}
	if (count == 0) {
		interfaces = names = root.fd >= 0 ? source_names(root.fd) : NULL;
		while (names && names[count])
			count++;
		if (count == 0 && !o->json && code == EXIT_DONE)
			printf("nothing is loaded below %s\n", o->pin_root);
	}
	for (int i = 0; i < count; i++)
		if (status_of(o, &root, interfaces[i], list))
			code = EXIT_FAILED;
	if (o->json) {
		json_t *all = json_pack("{s:o, s:O}", "pin_root", string(o->pin_root), "sources", list);
		json_dumpf(all, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		putchar('\n');
		json_decref(all);
	}
	json_decref(list);
	source_free_names(names);
	if (root.fd >= 0)
		close(root.fd);
	return code;
}
