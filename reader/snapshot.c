// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* snapshot.c - reads the pins tcp and udp whole, and adds what only user space knows to the lines asked for. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "format.h"
#include "open.h"
#include "pins.h"
#include "snapshot.h"
#include "socket_line.h"

#define READ_BYTES (1 << 16)
#define NAMES_NS 2500000000 /* a runtime that has not answered until then is not waited for */
#define NAMES_NAP_NS 2000000
#define OWNERS_HASH 1024

/* A process that owns sockets. */
struct owner {
	struct owner *next;
	uint64_t key;
	struct rs_process process;
};

struct shot {
	const char *root;
	int64_t time_ns;
	char *bytes; /* of both files */
	size_t used, size;
	size_t bad; /* lines that are none */
	struct process_map processes;
	struct owner *owners[OWNERS_HASH];
};

/* ------------------------------------------------------------------ reading */

static int read_whole(struct shot *shot, int fd)
{
	for (;;) {
		ssize_t got;

		if (shot->size - shot->used < READ_BYTES) {
			char *more = realloc(shot->bytes, shot->size * 2 + READ_BYTES);
			if (!more)
				return -ENOMEM;
			shot->bytes = more;
			shot->size = shot->size * 2 + READ_BYTES;
		}
		got = read(fd, shot->bytes + shot->used, shot->size - shot->used);
		if (got == 0) {
			/* a line that is not whole does not go on in the next file */
			if (shot->used && shot->bytes[shot->used - 1] != '\n')
				shot->bytes[shot->used++] = '\n';
			return 0;
		}
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got > 0)
			shot->used += (size_t)got;
	}
}

/* Whether there is anything to open; what keeps both files from being read is said once. */
static int look(const struct shot *shot)
{
	char path[512];

	if (snprintf(path, sizeof(path), "%s/" RS_SOURCE_FLOWS, shot->root) < (int)sizeof(path) && !access(path, X_OK))
		return 0;
	if (errno == ENOENT) {
		warnx("snapshot: " RS_SOURCE_FLOWS " is not loaded");
		fprintf(stderr, "  root loads it, with any interface: ringside-loader load IFACE\n");
		return -1;
	}
	warn("open " RS_SOURCE_FLOWS);
	if (errno == EACCES)
		fprintf(stderr, "  root opens it: ringside-loader load -g GROUP IFACE\n");
	return -1;
}

static int read_file(struct shot *shot, const char *name)
{
	char path[512];
	int fd, error;

	snprintf(path, sizeof(path), "%s/" RS_SOURCE_FLOWS "/%s", shot->root, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		warn("open " RS_SOURCE_FLOWS "/%s", name);
		if (errno == ENOENT)
			fprintf(stderr, "  ringside-loader status " RS_SOURCE_FLOWS " says why it is not there\n");
		return -1;
	}
	error = read_whole(shot, fd);
	if (error) {
		errno = -error;
		warn("read " RS_SOURCE_FLOWS "/%s", name);
	}
	close(fd);
	return error;
}

/* The next line in *line, its length without the newline in *length; false at the end. */
static bool next_line(const struct shot *shot, const char **line, size_t *length)
{
	const char *at = *line ? *line + *length + 1 : shot->bytes, *end = shot->bytes + shot->used, *newline;

	if (!at || at >= end)
		return false;
	newline = memchr(at, '\n', (size_t)(end - at));
	*line = at;
	*length = (size_t)((newline ? newline : end) - at);
	return true;
}

/* ------------------------------------------------------------------ owners */

static struct owner **find_owner(struct shot *shot, uint64_t key)
{
	struct owner **in = &shot->owners[(key * 0x9e3779b97f4a7c15) >> 54];

	while (*in && (*in)->key != key)
		in = &(*in)->next;
	return in;
}

/* What is forgotten meanwhile, or may not be read, is what the line says. */
static void add_owner(struct shot *shot, const struct socket_line *s)
{
	struct owner **in = find_owner(shot, s->process_key);
	const struct rs_process *known;

	if (*in || !(*in = calloc(1, sizeof(**in))))
		return;
	known = look_up_process(&shot->processes, s->process_key);
	(*in)->key = s->process_key;
	(*in)->process = known ? *known : s->flow.process;
}

static void find_owners(struct shot *shot)
{
	struct socket_line s;
	const char *line = NULL;
	size_t length = 0;

	open_processes(shot->root, &shot->processes);
	while (next_line(shot, &line, &length)) {
		if (socket_line_parse(line, length, &s))
			shot->bad++;
		else if (s.process_key)
			add_owner(shot, &s);
	}
}

/* There is no next time: what is asked for in the background is waited for. */
static void wait_for_names(struct shot *shot, struct names *names)
{
	int64_t end = clock_ns(CLOCK_MONOTONIC) + NAMES_NS;

	/* the second time to ask what there was no room for */
	for (int quiet = 0; names && quiet < 2 && clock_ns(CLOCK_MONOTONIC) < end;) {
		for (size_t i = 0; i < OWNERS_HASH; i++)
			for (struct owner *owner = shot->owners[i]; owner; owner = owner->next)
				names_of(names, &(struct ringside_event){ .process = &owner->process });
		quiet = names_waiting(names) ? 0 : quiet + 1;
		if (!quiet)
			nanosleep(&(struct timespec){ .tv_nsec = NAMES_NAP_NS }, NULL);
	}
}

/* ------------------------------------------------------------------ printing */

static bool wanted(const struct options *o, const struct ringside_event *event)
{
	const struct rs_flow *flow = event->record;

	/* of these it is not known who began */
	if ((o->incoming || o->outgoing) && !flow->hdr.direction)
		return false;
	return options_want(o, event);
}

static void print(struct shot *shot, const struct options *o, struct output *output, struct names *names)
{
	static const struct ringside_source source = { .name = RS_SOURCE_FLOWS };
	uint64_t printed = 0;
	struct socket_line s;
	const char *line = NULL;
	size_t length = 0;

	while (next_line(shot, &line, &length) && (!o->count || printed < o->count)) {
		struct ringside_event event = { .kind = RINGSIDE_RECORD, .source = &source, .record = &s.flow,
						.time_ns = shot->time_ns };
		struct owner *owner;

		if (socket_line_parse(line, length, &s))
			continue;
		owner = s.process_key ? *find_owner(shot, s.process_key) : NULL;
		if (owner) {
			event.process = &owner->process;
			event.names = names ? names_of(names, &event) : NULL;
		}
		if (!wanted(o, &event))
			continue;
		printed++;
		if (output_add(output, json_socket(output_line(output), line, length, &event)))
			return;
	}
	output_flush(output);
}

static void shot_free(struct shot *shot)
{
	close_processes(&shot->processes);
	for (size_t i = 0; i < OWNERS_HASH; i++) {
		while (shot->owners[i]) {
			struct owner *owner = shot->owners[i];

			shot->owners[i] = owner->next;
			free(owner);
		}
	}
	free(shot->bytes);
}

int snapshot(const struct options *o, struct output *output, struct names *names)
{
	struct shot shot = { .root = pin_root(o->pin_root), .processes = { .fd = -1 }, .time_ns = clock_ns(CLOCK_REALTIME) };
	bool all = !o->tcp && !o->udp;
	int error = 0;

	if (look(&shot))
		return 1;
	if (all || o->tcp)
		error = read_file(&shot, RS_PIN_TCP);
	if (all || o->udp)
		error = read_file(&shot, RS_PIN_UDP) ?: error;
	find_owners(&shot);
	wait_for_names(&shot, names);
	print(&shot, o, output, names);
	if (shot.bad)
		warnx("read " RS_SOURCE_FLOWS ": %zu lines are not ringside's", shot.bad);
	error = error || shot.bad;
	shot_free(&shot);
	return error ? 1 : 0;
}
