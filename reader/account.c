// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <stdlib.h>
#include <time.h>

#include "account.h"
#include "bytes.h"

struct account *account_of(struct accounts *all, const struct ringside_source *source)
{
	struct account *a = all->last_used;

	if (a && a->source == source)
		return a;
	for (a = all->first; a && a->source != source; a = a->next)
		;
	if (!a) {
		a = calloc(1, sizeof(*a));
		if (!a)
			return NULL;
		a->source = source;
		a->pending = calloc(source->about.cpus ?: 1, sizeof(*a->pending));
		if (!a->pending) {
			free(a);
			return NULL;
		}
		a->next = all->first;
		all->first = a;
	}
	all->last_used = a;
	return a;
}

void account_lost(struct account *a, const struct ringside_event *lost)
{
	a->pending[lost->cpu] += lost->count;
	a->pending_total += lost->count;
}

static uint64_t unix_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* {"event":"lost","source":"eth0","if_name":"eth0" or, as text, TIME [eth0] lost; the
 * sockets are a source and no interface.
 */
static char *put_head(char *to, const struct accounts *all, const struct account *a, const char *event)
{
	const struct ringside_source *s = a->source;
	uint64_t us = unix_us();

	if (all->text) {
		to = put_u64(to, us / 1000000);
		*to++ = '.';
		to = put_digits6(to, (uint32_t)(us % 1000000));
		to = PUT(to, " [");
		to = *s->if_name ? put_text_name(to, s->if_name, sizeof(s->if_name)) :
				   put_text_name(to, s->name, sizeof(s->name));
		to = PUT(to, "] ");
		memcpy(to, event, strlen(event));
		return to + strlen(event);
	}
	to = PUT(to, "{\"event\":\"");
	memcpy(to, event, strlen(event));
	to += strlen(event);
	to = PUT(to, "\",\"source\":");
	to = put_json_string(to, s->name, strnlen(s->name, sizeof(s->name)));
	if (*s->if_name) {
		to = PUT(to, ",\"if_name\":");
		to = put_json_string(to, s->if_name, strnlen(s->if_name, sizeof(s->if_name)));
	}
	to = PUT(to, ",\"timestamp\":");
	return put_u64(to, us / 1000);
}

static char *put_field(char *to, const struct accounts *all, const char *name, uint64_t value)
{
	size_t length = strlen(name);

	if (all->text) {
		*to++ = ' ';
		memcpy(to, name, length);
		to = PUT(to + length, ": ");
	} else {
		to = PUT(to, ",\"");
		memcpy(to, name, length);
		to = PUT(to + length, "\":");
	}
	return put_u64(to, value);
}

static char *put_cpus(char *to, const struct account *a, uint32_t first, uint32_t end)
{
	const char *comma = "[";

	to = PUT(to, ",\"cpus\":");
	for (uint32_t cpu = first; cpu < end; cpu++) {
		if (!a->pending[cpu])
			continue;
		*to++ = *comma;
		comma = ",";
		to = PUT(to, "{\"cpu\":");
		to = put_u64(to, cpu);
		to = PUT(to, ",\"count\":");
		to = put_u64(to, a->pending[cpu]);
		*to++ = '}';
	}
	return PUT(to, "]");
}

static char *put_end(char *to, const struct accounts *all)
{
	return all->text ? PUT(to, "\n") : PUT(to, "}\n");
}

/* CPUs in one line, so that it fits into a block: {"cpu":4095,"count":20 digits}, */
#define CPUS_MOST 1024
_Static_assert(CPUS_MOST * 45 + 1024 < OUTPUT_BLOCK, "the longest line fits into an empty block");

static int say_lost_of(struct accounts *all, struct account *a, struct output *out, uint32_t first, uint32_t end)
{
	char *line, *to;
	uint64_t total = 0;
	uint32_t cpus = 0, any = 0;

	for (uint32_t cpu = first; cpu < end; cpu++) {
		if (a->pending[cpu]) {
			total += a->pending[cpu];
			any = cpu;
			cpus++;
		}
	}
	if (!cpus)
		return 0;
	if (output_flush(out)) /* the line may be long: it gets the whole block */
		return -1;
	line = output_line(out);
	to = put_head(line, all, a, "lost");
	to = put_field(to, all, "count", total);
	if (cpus == 1)
		to = put_field(to, all, "cpu", any);
	else if (!all->text)
		to = put_cpus(to, a, first, end);
	to = put_end(to, all);
	return output_add(out, (size_t)(to - line));
}

/* One line a source: the total, and which CPUs' rings it was lost from, so that
 * whoever follows cpu and seq can fill every gap.
 */
static int say_lost(struct accounts *all, struct account *a, struct output *out, int64_t now_ns)
{
	uint32_t cpus = a->source->about.cpus;

	if (!a->pending_total)
		return 0;
	for (uint32_t first = 0; first < cpus; first += CPUS_MOST)
		if (say_lost_of(all, a, out, first, cpus - first < CPUS_MOST ? cpus : first + CPUS_MOST))
			return -1;
	memset(a->pending, 0, cpus * sizeof(*a->pending));
	a->pending_total = 0;
	a->said_ns = now_ns;
	return 0;
}

int account_say_lost(struct accounts *all, struct output *out, int64_t now_ns)
{
	for (struct account *a = all->first; a; a = a->next)
		if (a->pending_total && now_ns - a->said_ns >= LOST_INTERVAL_NS && say_lost(all, a, out, now_ns))
			return -1;
	return 0;
}

int64_t account_due_in(const struct accounts *all, int64_t now_ns)
{
	int64_t due = -1;

	for (struct account *a = all->first; a; a = a->next) {
		int64_t left = a->said_ns + LOST_INTERVAL_NS - now_ns;
		if (!a->pending_total)
			continue;
		if (left < 0)
			left = 0;
		if (due < 0 || left < due)
			due = left;
	}
	return due;
}

/* written = delivered + lost + behind, and delivered = printed + filtered. */
static int say_stats(const struct accounts *all, const struct account *a, struct output *out,
		     const struct ringside *r, bool final)
{
	struct ringside_counters c;
	char *line = output_line(out), *to;

	ringside_counters(r, a->source, &c);
	to = put_head(line, all, a, "stats");
	to = put_field(to, all, "written", c.written);
	to = put_field(to, all, "delivered", c.delivered);
	to = put_field(to, all, "lost", c.lost);
	to = put_field(to, all, "torn", c.torn);
	to = put_field(to, all, "behind", c.written - c.delivered - c.lost);
	to = put_field(to, all, "filtered", a->filtered);
	to = put_field(to, all, "printed", a->printed);
	if (final)
		to = all->text ? PUT(to, " final") : PUT(to, ",\"final\":true");
	to = put_end(to, all);
	return output_add(out, (size_t)(to - line));
}

int account_say_stats(struct accounts *all, struct output *out, const struct ringside *r)
{
	for (struct account *a = all->first; a; a = a->next)
		if (say_stats(all, a, out, r, false))
			return -1;
	return 0;
}

int account_close(struct accounts *all, struct account *a, struct output *out, const struct ringside *r,
		  bool stats)
{
	struct account **link = &all->first;
	struct ringside_counters c;
	int error;

	ringside_counters(r, a->source, &c);
	error = say_lost(all, a, out, 0);
	if (!error && (stats || c.lost))
		error = say_stats(all, a, out, r, true);
	while (*link != a)
		link = &(*link)->next;
	*link = a->next;
	if (all->last_used == a)
		all->last_used = NULL;
	free(a->pending);
	free(a);
	return error;
}

int account_close_all(struct accounts *all, struct output *out, const struct ringside *r, bool stats)
{
	int error = 0;

	while (all->first)
		error = account_close(all, all->first, out, r, stats) ?: error;
	return error;
}
