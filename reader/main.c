// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* main.c - ringside-reader: follow, format, print, account. */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "clock.h"
#include "names.h"
#include "options.h"
#include "output.h"
#include "pins.h"
#include "ringside.h"
#include "snapshot.h"

/* Events of one call: few, so that they stay in the nearest cache until they are lines, beside many other readers too;
 * more where many rings are looked at in each call.
 */
#define AT_ONCE 64

static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
	stop = 1;
}

struct reader {
	struct options options;
	struct ringside *ringside;
	struct accounts accounts;
	struct output output;
	struct names *names; /* NULL: no memory for them */
	uint64_t printed;
	int64_t stats_at_ns;
	size_t at_once;
	bool following; /* something, at some time */
	bool done;
	int code;
};

/* ------------------------------------------------------------------ events */

static void reckon_at_once(struct reader *reader)
{
	const struct ringside_source *s;

	reader->at_once = 0;
	for (size_t i = 0; (s = ringside_source(reader->ringside, i)); i++)
		reader->at_once += s->about.cpus;
	if (reader->at_once < AT_ONCE)
		reader->at_once = AT_ONCE;
	if (reader->at_once > RINGSIDE_BATCH_MAX)
		reader->at_once = RINGSIDE_BATCH_MAX;
}

/* What loads a source: of the sockets, any interface. */
static const char *to_load(const char *name)
{
	return strcmp(name, RS_SOURCE_FLOWS) ? name : "IFACE";
}

static void refused(struct reader *reader, const struct ringside_event *event)
{
	const struct options *o = &reader->options;
	const struct ringside_source *s = event->source;

	if (event->error == -EPROTO && s->about.abi == RS_ABI_VERSION) {
		warnx("open %s: what is pinned there is not ringside's, or damaged", s->name);
	} else if (event->error == -EPROTO) {
		warnx("open %s: its pins are of version %u, this reader knows version %u", s->name,
		      s->about.abi, RS_ABI_VERSION);
		fprintf(stderr, "  install the reader that came with the loader, or load it again with this one's loader\n");
	} else if (o->sources || o->verbose || !reader->following) {
		errno = -event->error;
		warn("open %s", s->name);
		if (errno == EACCES || errno == EPERM)
			fprintf(stderr, "  root opens it: ringside-loader load -g GROUP %s\n", to_load(s->name));
	}
	/* one that was asked for by name is worth an error; of all, the others go on */
	if (o->sources && !reader->following) {
		reader->done = true;
		reader->code = 1;
	}
}

static void record(struct reader *reader, struct account *account, struct ringside_event *event)
{
	const struct options *o = &reader->options;
	char *line = output_line(&reader->output);

	/* names are looked up for what is printed, unless one is asked for */
	if (reader->names && o->containers.count)
		event->names = names_of(reader->names, event);
	if (!options_want(o, event)) {
		account->filtered++;
		return;
	}
	if (o->count && reader->printed == o->count)
		return;
	if (reader->names && !o->containers.count)
		event->names = names_of(reader->names, event);
	if (output_add(&reader->output, o->text ? ringside_text(line, event) : ringside_json(line, event)))
		reader->done = true;
	account->printed++;
	reader->printed++;
	if (reader->printed == o->count)
		reader->done = true;
}

static void handle(struct reader *reader, struct ringside_event *event)
{
	const struct ringside_source *s = event->source;
	struct account *account;

	switch (event->kind) {
	case RINGSIDE_REFUSED:
		refused(reader, event);
		return;
	case RINGSIDE_GONE:
		warnx("%s: the interface was removed; waiting for it to be loaded again", s->name);
		return;
	case RINGSIDE_RENAMED:
		if (reader->options.verbose)
			warnx("%s: the interface is called %s now", s->name, s->if_name);
		return;
	default:
		break;
	}
	account = account_of(&reader->accounts, s);
	if (!account)
		err(1, "follow %s", s->name);
	switch (event->kind) {
	case RINGSIDE_RECORD:
		record(reader, account, event);
		break;
	case RINGSIDE_LOST:
		account_lost(account, event);
		break;
	case RINGSIDE_ATTACHED:
		reader->following = true;
		reckon_at_once(reader);
		if (reader->options.verbose)
			warnx("%s: following (%u CPUs, %u records each, loaded by version %s)", s->name,
			      s->about.cpus, s->about.slots, s->about.version);
		break;
	case RINGSIDE_DETACHED:
		reckon_at_once(reader);
		account_close(&reader->accounts, account, &reader->output, reader->ringside,
			      reader->options.stats > 0);
		warnx("%s: unloaded; waiting for it to be loaded again", s->name);
		break;
	default:
		break;
	}
}

/* ------------------------------------------------------------------ waiting */

static void say_what_is_awaited(const struct reader *reader)
{
	const struct options *o = &reader->options;
	const struct ringside_source *s;

	if (!o->sources && ringside_sources(reader->ringside) == 0)
		warnx("waiting for an interface to be loaded (ringside-loader load IFACE)");
	for (char **name = o->sources; name && *name; name++) {
		bool there = false;
		for (size_t i = 0; (s = ringside_source(reader->ringside, i)); i++)
			there = there || !strcmp(s->name, *name);
		if (!there)
			warnx("waiting for %s to be loaded (ringside-loader load %s)", *name, to_load(*name));
	}
}

/* Everything that was at hand is printed: say what is due, and flush. */
static void caught_up(struct reader *reader)
{
	int64_t now = clock_ns(CLOCK_BOOTTIME);

	account_say_lost(&reader->accounts, &reader->output, now);
	if (reader->options.stats > 0 && now >= reader->stats_at_ns) {
		account_say_stats(&reader->accounts, &reader->output, reader->ringside);
		reader->stats_at_ns = now + (int64_t)(reader->options.stats * 1e9);
	}
	if (output_flush(&reader->output))
		reader->done = true;
}

static int timeout_ms(const struct reader *reader)
{
	int64_t now = clock_ns(CLOCK_BOOTTIME), due = account_due_in(&reader->accounts, now);

	if (reader->options.stats > 0 && (due < 0 || reader->stats_at_ns - now < due))
		due = reader->stats_at_ns > now ? reader->stats_at_ns - now : 0;
	if (due < 0)
		return -1;
	return (int)(due / 1000000 < 86400000 ? due / 1000000 + 1 : 86400000);
}

/* Whether a record is on its way: begun by a program, not published yet. */
static bool all_read(const struct reader *reader)
{
	const struct ringside_source *s;
	struct ringside_counters c;

	for (size_t i = 0; (s = ringside_source(reader->ringside, i)); i++) {
		ringside_counters(reader->ringside, s, &c);
		if (c.delivered + c.lost < c.written)
			return false;
	}
	return true;
}

static void wait_for_more(struct reader *reader)
{
	int status;

	if (reader->options.once && all_read(reader)) {
		reader->done = true;
		return;
	}
	status = ringside_wait(reader->ringside, reader->options.once ? 1 : timeout_ms(reader));
	if (status == -EPIPE)
		reader->done = true;
	else if (status < 0 && status != -EINTR)
		errx(1, "wait: %s", strerror(-status));
}

/* ------------------------------------------------------------------ main */

static void follow(struct reader *reader)
{
	static struct ringside_event events[RINGSIDE_BATCH_MAX];
	int64_t said_ns = clock_ns(CLOCK_BOOTTIME);
	bool awaited = false;

	while (!reader->done && !stop) {
		int n = ringside_next(reader->ringside, events, reader->at_once);

		if (n < 0)
			errx(1, "read: %s", strerror(-n));
		for (int i = 0; i < n; i++)
			handle(reader, &events[i]);
		if (reader->done)
			break;
		if (n == 0) {
			caught_up(reader);
			if (!awaited && !reader->options.once)
				say_what_is_awaited(reader);
			awaited = true;
			if (!reader->done)
				wait_for_more(reader);
			said_ns = 0;
		} else if (clock_ns(CLOCK_BOOTTIME) - said_ns > LOST_INTERVAL_NS) {
			/* never caught up under load, but losses are told all the same */
			said_ns = clock_ns(CLOCK_BOOTTIME);
			caught_up(reader);
		}
	}
}

/* What was written before the signal is printed, and no more than a ring's worth. */
static void finish(struct reader *reader)
{
	static struct ringside_event events[RINGSIDE_BATCH_MAX];
	uint64_t left = 0;
	const struct ringside_source *s;
	struct ringside_counters c;

	for (size_t i = 0; (s = ringside_source(reader->ringside, i)); i++) {
		ringside_counters(reader->ringside, s, &c);
		left += c.written - c.delivered - c.lost;
	}
	while (left > 0 && !reader->done) {
		int n = ringside_next(reader->ringside, events, left < reader->at_once ? left : reader->at_once);
		if (n <= 0)
			break;
		for (int i = 0; i < n; i++) {
			uint64_t passed = events[i].kind == RINGSIDE_LOST ? events[i].count : 1;
			handle(reader, &events[i]);
			left -= passed < left ? passed : left;
		}
	}
}

static void follow_to_the_end(struct reader *reader)
{
	const struct options *o = &reader->options;
	struct ringside_options options = {
		.size = sizeof(options), .pin_root = o->pin_root, .sources = (const char *const *)o->sources,
		.flags = o->from_start || o->once ? RINGSIDE_FROM_START : 0,
	};
	int error = ringside_open(&reader->ringside, &options);

	if (error)
		errx(1, "open: %s", strerror(-error));
	ringside_watch_hangup(reader->ringside, STDOUT_FILENO);
	reader->stats_at_ns = clock_ns(CLOCK_BOOTTIME) + (int64_t)(o->stats * 1e9);
	reader->at_once = AT_ONCE;

	follow(reader);
	if (stop)
		finish(reader);
	if (o->once && !reader->following && !reader->code) {
		warnx("nothing is loaded that may be read");
		reader->code = 1;
	}
	account_close_all(&reader->accounts, &reader->output, reader->ringside, o->stats > 0);
	output_flush(&reader->output);
}

int main(int argc, char **argv)
{
	static struct reader reader;
	struct sigaction action = { .sa_handler = on_signal };
	int code;

	if (options_parse(argc, argv, &reader.options, &code))
		return code;
	reader.accounts.text = reader.options.text;
	reader.output.stop = &stop;

	reader.names = names_start(&(struct names_options){ .containers = reader.options.container_names,
						      .verbose = reader.options.verbose });
	sigaction(SIGINT, &action, NULL); /* without SA_RESTART: waiting ends */
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (reader.options.snapshot)
		reader.code = snapshot(&reader.options, &reader.output, reader.names);
	else
		follow_to_the_end(&reader);
	if (reader.output.error == EINTR) {
		warnx("standard output takes no more: %zu bytes are not written", reader.output.unwritten);
		reader.code = 1;
	} else if (reader.output.error && reader.output.error != EPIPE) {
		errno = reader.output.error;
		warn("write to standard output");
		reader.code = 1;
	}
	names_stop(reader.names);
	ringside_close(reader.ringside);
	options_free(&reader.options);
	return reader.code;
}
