// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* follow.c - many rings as one stream: whose record is next. */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "follow.h"

/* A record begun and not published for so long counts as lost. */
#define BUSY_NS 100000000
/* The clock was set when it moved this much against the one in the records. */
#define CLOCK_STEP_NS 100000

/* ------------------------------------------------------------------ open, close */

static int copy_options(struct ringside *r, const struct ringside_options *o)
{
	size_t count = 0;

	r->flags = o->flags;
	r->root = strdup(pin_root(o->pin_root));
	if (!r->root)
		return -ENOMEM;
	if (strlen(r->root) > 200)
		return -EINVAL;
	while (o->sources && o->sources[count]) {
		if (!*o->sources[count] || strlen(o->sources[count]) >= IF_NAMESIZE ||
		    strchr(o->sources[count], '/'))
			return -EINVAL;
		count++;
	}
	if (!o->sources)
		return 0;
	r->wanted = calloc(count + 1, sizeof(*r->wanted));
	if (!r->wanted)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		r->wanted[i] = strdup(o->sources[i]);
		if (!r->wanted[i])
			return -ENOMEM;
	}
	return 0;
}

int ringside_open(struct ringside **out, const struct ringside_options *options)
{
	struct ringside *r = calloc(1, sizeof(*r));
	int error = -ENOMEM;

	*out = NULL;
	if (!r)
		return -ENOMEM;
	r->epoll = r->inotify = r->mounts = r->netlink = r->processes.fd = -1;
	r->processes_opened_ns = INT64_MIN / 2;
	r->batch = aligned_alloc(64, BATCH_BYTES);
	if (r->batch)
		error = options->size < sizeof(*options) ? -EINVAL : copy_options(r, options);
	if (!error)
		error = open_watches(r);
	if (error) {
		ringside_close(r);
		return error;
	}
	reconcile(r);
	*out = r;
	return 0;
}

void ringside_close(struct ringside *r)
{
	int fds[4];

	if (!r)
		return;
	memcpy(fds, (int[]){ r->epoll, r->inotify, r->mounts, r->netlink }, sizeof(fds));
	for (int i = 0; i < 4; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	for (size_t i = 0; i < r->count; i++)
		followed_free(r->sources[i]);
	for (char **name = r->wanted; name && *name; name++)
		free(*name);
	free(r->wanted);
	free(r->sources);
	free(r->lanes);
	free(r->notices);
	free(r->refused);
	forget_processes(r);
	free(r->batch);
	free(r->root);
	free(r);
}

/* ------------------------------------------------------------------ next */

/* Unix time is the records' clock plus an offset that changes only when the
 * clock is set. The loader's is kept as long as it holds, so that all readers
 * print the same microsecond.
 */
static void check_clock(struct ringside *r)
{
	int64_t before = clock_ns(CLOCK_BOOTTIME), unix_ns, after, offset;

	if (before - r->clock_at_ns < 1000000000)
		return;
	unix_ns = clock_ns(CLOCK_REALTIME);
	after = clock_ns(CLOCK_BOOTTIME);
	if (after - before > CLOCK_STEP_NS / 2)
		return; /* interrupted in between: next time */
	r->clock_at_ns = before;
	offset = unix_ns - (before + after) / 2;
	for (size_t i = 0; i < r->count; i++) {
		int64_t moved = offset - r->sources[i]->offset_ns;
		if (moved > CLOCK_STEP_NS || moved < -CLOCK_STEP_NS)
			r->sources[i]->offset_ns = offset;
	}
}

/* A ring that cannot go on: says how many records it lost. Returns false when
 * there is nothing to say after all.
 */
static bool lose(struct lane *lane, enum ring_state state, struct ringside_event *event)
{
	uint64_t seq = lane->ring->cursor, count = 1;

	if (state == RING_LAPPED)
		count = ring_catch_up(lane->ring);
	else
		ring_skip(lane->ring);
	*event = (struct ringside_event){
		.kind = RINGSIDE_LOST, .cpu = lane->cpu, .seq = seq, .count = count, .source = &lane->source->pub,
	};
	return count > 0;
}

/* Looks at a lane until it is ready or has nothing; losses go to events. */
static bool look(struct ringside *r, struct lane *lane, struct ringside_event *events, size_t *n, size_t max)
{
	struct ring *ring = lane->ring;

	while (*n < max) {
		enum ring_state state = ring_look(ring, &lane->ts_ns);

		if (state == RING_READY)
			return true;
		if (state == RING_EMPTY) {
			ring->margin = 0;
			ring->busy_since_ns = 0;
			return false;
		}
		if (state == RING_BUSY) {
			int64_t now = clock_ns(CLOCK_BOOTTIME);
			if (!ring->busy_since_ns)
				ring->busy_since_ns = now;
			if (now - ring->busy_since_ns < BUSY_NS) {
				r->busy = true;
				return false;
			}
		}
		ring->busy_since_ns = 0;
		if (lose(lane, state, &events[*n]))
			(*n)++;
	}
	return false;
}

/* Whose record it is: told by a flow itself, and of an echo by its key. */
static inline const struct rs_process *who(struct ringside *r, const void *record, uint32_t slot_size)
{
	const struct rs_icmp *icmp = record;
	const struct rs_flow *flow = record;

	if (slot_size == RS_SLOT_SIZE)
		return icmp->origin == RS_ORIGIN_PROCESS ? process_of(r, icmp) : NULL;
	return flow->attribution != RS_BY_UNKNOWN ? &flow->process : NULL;
}

static inline bool has_room(const struct ringside *r)
{
	return r->batch_used + RS_FLOW_SLOT_SIZE <= BATCH_BYTES;
}

/* Takes from one lane while its records are the oldest. Returns false when it
 * is not ready any more.
 */
static bool take_run(struct ringside *r, struct lane *lane, uint64_t until_ns, struct ringside_event *events,
		     size_t *n, size_t max)
{
	struct followed *f = lane->source;
	uint64_t taken = 0;
	bool ready = true;

	while (ready && *n < max && lane->ts_ns <= until_ns && has_room(r)) {
		unsigned char *to = r->batch + r->batch_used;
		uint64_t seq = lane->ring->cursor;
		enum ring_state state = ring_take(lane->ring, to);

		if (state == RING_READY) {
			r->batch_used += lane->ring->slot_size;
			events[*n] = (struct ringside_event){
				.kind = RINGSIDE_RECORD, .cpu = lane->cpu, .seq = seq, .source = &f->pub,
				.record = to, .process = who(r, to, lane->ring->slot_size),
				.time_ns = (int64_t)((const struct rs_hdr *)to)->ts_ns + f->offset_ns,
			};
			(*n)++;
			taken++;
		} else if (lose(lane, state, &events[*n])) {
			(*n)++;
		}
		ready = look(r, lane, events, n, max);
	}
	r->got += taken;
	return ready;
}

static size_t take_notices(struct ringside *r, struct ringside_event *events, size_t max)
{
	size_t n = r->notice_count < max ? r->notice_count : max;

	memcpy(events, r->notices, n * sizeof(*events));
	memmove(r->notices, r->notices + n, (r->notice_count - n) * sizeof(*events));
	r->notice_count -= n;
	return n;
}

/* What was unpinned has been read to its end; writers that were under way when
 * it was have long finished after one interval.
 */
static void finish_endings(struct ringside *r)
{
	if (r->busy)
		return; /* the last record is on its way */
	for (size_t i = 0; i < r->count; i++) {
		struct followed *f = r->sources[i];
		if (!f->ending || f->ended ||
		    clock_ns(CLOCK_BOOTTIME) - f->ending_since_ns < RS_BELL_INTERVAL_NS)
			continue;
		f->ended = true;
		notice_source(r, RINGSIDE_DETACHED, f);
	}
}

/* Notices, or else what is in the rings. */
static size_t take(struct ringside *r, struct ringside_event *events, size_t max)
{
	size_t n = 0, ready = 0;

	if (r->notice_count == 0)
		drop_ended(r);
	if (r->stale)
		reconcile(r);
	if (r->renamed)
		current_names(r);
	check_clock(r);
	if (r->notice_count > 0)
		return take_notices(r, events, max);

	r->busy = false;
	r->batch_used = 0;
	r->batch_number++;
	for (size_t i = 0; i < r->lane_count; i++) {
		if (look(r, &r->lanes[i], events, &n, max)) {
			struct lane lane = r->lanes[i];
			r->lanes[i] = r->lanes[ready];
			r->lanes[ready++] = lane;
		}
	}
	while (ready > 0 && n < max && has_room(r)) {
		uint64_t second = UINT64_MAX;
		size_t first = 0;

		for (size_t i = 1; i < ready; i++) {
			if (r->lanes[i].ts_ns < r->lanes[first].ts_ns) {
				second = r->lanes[first].ts_ns;
				first = i;
			} else if (r->lanes[i].ts_ns < second) {
				second = r->lanes[i].ts_ns;
			}
		}
		if (!take_run(r, &r->lanes[first], second, events, &n, max)) {
			struct lane lane = r->lanes[first];
			r->lanes[first] = r->lanes[--ready];
			r->lanes[ready] = lane;
		}
	}
	if (n == 0) {
		finish_endings(r);
		if (r->notice_count > 0)
			n = take_notices(r, events, max);
	}
	return n;
}

int ringside_next(struct ringside *r, struct ringside_event *events, size_t max)
{
	size_t n;

	if (max > RINGSIDE_BATCH_MAX)
		max = RINGSIDE_BATCH_MAX;
	n = take(r, events, max);
	/* A bell since the rings were looked at is heard with the news, and nowhere else any more. Once only:
	 * somebody who touches the pins all the time must not keep the caller from what he does when all is read.
	 */
	if (n == 0 && read_news(r))
		n = take(r, events, max);
	return (int)n;
}

/* ------------------------------------------------------------------ accessors */

int ringside_fd(const struct ringside *r)
{
	return r->epoll;
}

size_t ringside_sources(const struct ringside *r)
{
	size_t count = 0;

	for (size_t i = 0; i < r->count; i++)
		count += r->sources[i]->rings != NULL;
	return count;
}

const struct ringside_source *ringside_source(const struct ringside *r, size_t wanted)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->sources[i]->rings && wanted-- == 0)
			return &r->sources[i]->pub;
	return NULL;
}

void ringside_counters(const struct ringside *r, const struct ringside_source *source,
		       struct ringside_counters *counters)
{
	const struct followed *f = (const struct followed *)source;

	*counters = (struct ringside_counters){};
	for (uint32_t cpu = 0; f->rings && cpu < f->pub.about.cpus; cpu++) {
		const struct ring *ring = &f->rings[cpu];
		counters->written += __atomic_load_n(&ring->head->next, __ATOMIC_ACQUIRE) - ring->start;
		counters->delivered += ring->delivered;
		counters->lost += ring->lost;
		counters->torn += ring->torn;
	}
}
