// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A reader of a ring gets every record once and in order, or knows exactly how many it lost. */
#include "writer.h"

static uint64_t seed;

/* What a reader must find, from what the writer has done. */
static void check_take(struct ring *r, uint64_t expected)
{
	__u64 copy[WORDS];
	uint64_t ts;

	EQUAL(ring_look(r, &ts), RING_READY);
	EQUAL(ts, writer_word(expected, 2));
	EQUAL(r->cursor, expected);
	EQUAL(ring_take(r, copy), RING_READY);
	CHECK(is_record(copy, expected));
	EQUAL(r->cursor, expected + 1);
}

static void check_empty(const struct ring *r)
{
	uint64_t ts;

	EQUAL(ring_look(r, &ts), RING_EMPTY);
}

/* ------------------------------------------------------------------ one thing each */

static void test_in_order(void)
{
	struct writer w = writer_new(8, 0);
	struct ring r = writer_ring(&w);
	uint64_t taken = 0;

	ring_start(&r, false);
	check_empty(&r);
	for (uint64_t step = 0; step < 100; step++) {
		writer_write(&w, step % 9); /* up to a full ring */
		for (uint64_t i = 0; i < step % 9; i++)
			check_take(&r, taken++);
		check_empty(&r);
	}
	EQUAL(r.delivered, taken);
	EQUAL(r.lost, 0);
	EQUAL(r.torn, 0);
	writer_free(&w);
}

/* Without from_start a reader begins with what comes next, with it at the oldest record. */
static void test_start(void)
{
	for (uint64_t slots = 1; slots <= 16; slots *= 2) {
		for (uint64_t written = 0; written < 3 * slots; written++) {
			struct writer w = writer_new(slots, 0);
			struct ring now = writer_ring(&w), all = writer_ring(&w);
			uint64_t oldest = written > slots ? written - slots : 0;

			WHERE("%" PRIu64 " slots, %" PRIu64 " written", slots, written);
			writer_write(&w, written);
			ring_start(&now, false);
			ring_start(&all, true);
			EQUAL(now.start, written);
			EQUAL(all.start, oldest);
			check_empty(&now);
			for (uint64_t n = oldest; n < written; n++)
				check_take(&all, n);
			check_empty(&all);
			writer_write(&w, 1);
			check_take(&now, written);
			check_take(&all, written);
			EQUAL(all.lost + now.lost, 0);
			writer_free(&w);
		}
	}
}

/* After any number of laps the loss is what was overwritten, and no more. */
static void test_laps(void)
{
	for (uint64_t slots = 1; slots <= 16; slots *= 2) {
		for (uint64_t ahead = slots + 1; ahead < 9 * slots + 2; ahead++) {
			struct writer w = writer_new(slots, 5);
			struct ring r = writer_ring(&w);
			uint64_t ts;

			WHERE("%" PRIu64 " slots, %" PRIu64 " ahead", slots, ahead);
			ring_start(&r, false);
			writer_write(&w, ahead);
			EQUAL(ring_look(&r, &ts), RING_LAPPED);
			EQUAL(ring_catch_up(&r), ahead - slots);
			EQUAL(r.lost, ahead - slots);
			for (uint64_t n = 5 + ahead - slots; n < 5 + ahead; n++)
				check_take(&r, n);
			check_empty(&r);
			EQUAL(r.delivered + r.lost, ahead);
			EQUAL(r.torn, 0);
			writer_free(&w);
		}
	}
}

/* Begun and not published: busy, whatever the step, until it is there or is given up. */
static void test_busy(void)
{
	for (int stop = STEP_NUMBER + 1; stop < STEPS; stop++) {
		struct writer w = writer_new(8, 3);
		struct ring waits = writer_ring(&w), skips = writer_ring(&w);
		struct writing t;
		uint64_t ts;

		WHERE("stopped before step %d of %d", stop, STEPS);
		writer_write(&w, 20);
		ring_start(&waits, false);
		ring_start(&skips, false);
		t = writing_begin(&w);
		while (t.step < stop)
			writing_step(&t);
		for (int i = 0; i < 3; i++) {
			EQUAL(ring_look(&waits, &ts), RING_BUSY);
			EQUAL(ring_look(&skips, &ts), RING_BUSY);
		}
		ring_skip(&skips);
		EQUAL(skips.lost, 1);
		EQUAL(skips.torn, 1);
		check_empty(&skips);
		writer_write(&w, 2); /* by a program that interrupted it */
		EQUAL(ring_look(&waits, &ts), RING_BUSY);
		check_take(&skips, 24);
		writing_finish(&t);
		for (uint64_t n = 23; n < 26; n++)
			check_take(&waits, n);
		check_take(&skips, 25); /* and the late one is not shown after all */
		check_empty(&waits);
		check_empty(&skips);
		EQUAL(waits.delivered, 3);
		EQUAL(waits.lost, 0);
		EQUAL(skips.delivered + skips.lost, 3);
		writer_free(&w);
	}
}

/* Never published at all: it is busy for those who wait, and a loss once it is overwritten. */
static void test_never_published(void)
{
	struct writer w = writer_new(8, 0);
	struct ring r = writer_ring(&w);
	struct writing t = writing_begin(&w);
	uint64_t ts;

	test_where[0] = '\0';
	ring_start(&r, false);
	while (t.step < STEP_PUBLISH)
		writing_step(&t);
	for (uint64_t n = 1; n < 8; n++) {
		writer_write(&w, 1);
		EQUAL(ring_look(&r, &ts), RING_BUSY);
	}
	writer_write(&w, 1); /* number 8 takes the place of number 0 */
	EQUAL(ring_look(&r, &ts), RING_LAPPED);
	EQUAL(ring_catch_up(&r), 1);
	for (uint64_t n = 1; n < 9; n++)
		check_take(&r, n);
	check_empty(&r);
	EQUAL(r.delivered, 8);
	EQUAL(r.lost, 1);
	writer_free(&w);
}

/* Numbers wrap after 2^64. The last one's published word is 0, which is also
 * that of a slot in the making: it may be given up early, but never misread.
 */
static void test_number_wraps(void)
{
	struct writer w = writer_new(8, UINT64_MAX - 30);
	struct ring r = writer_ring(&w), late = writer_ring(&w);
	uint64_t ts, n;

	writer_write(&w, 20);
	ring_start(&r, true);
	EQUAL(r.start, UINT64_MAX - 18);
	for (n = UINT64_MAX - 18; n != UINT64_MAX - 10; n++)
		check_take(&r, n);
	check_empty(&r);
	ring_start(&late, false);
	for (; n != 20; n++) {
		WHERE("number %" PRIu64, n);
		check_empty(&r);
		writer_write(&w, 1);
		check_take(&r, n);
	}
	EQUAL(r.delivered, 18 + 21);
	EQUAL(r.lost, 0);
	EQUAL(ring_look(&late, &ts), RING_LAPPED); /* from UINT64_MAX - 10 to 20 */
	EQUAL(ring_catch_up(&late), 31 - 8);
	for (n = 12; n != 20; n++)
		check_take(&late, n);
	check_empty(&late);
	test_where[0] = '\0';
	writer_free(&w);
}

/* ------------------------------------------------------------------ distance */

/* One that is lapped again and again keeps a growing distance, of a quarter of
 * the ring at most; one that was merely asleep gives nothing up for it.
 */
static void test_margin(void)
{
	struct writer w = writer_new(64, 0);
	struct ring r = writer_ring(&w);
	uint64_t margins[] = { 0, 2, 4, 8, 16, 16, 16 }, ts;
	__u64 copy[WORDS];

	for (int again = 0; again < 2; again++) {
		ring_start(&r, false);
		for (size_t i = 0; i < sizeof(margins) / sizeof(margins[0]); i++) {
			WHERE("lap %zu", i);
			writer_write(&w, 200);
			EQUAL(ring_look(&r, &ts), RING_LAPPED);
			ring_catch_up(&r);
			EQUAL(w.head->next - r.cursor, 64 - margins[i]);
		}
		while (ring_look(&r, &ts) == RING_READY)
			EQUAL(ring_take(&r, copy), RING_READY);
		check_empty(&r);
		EQUAL(r.cursor, w.head->next);
	}
	test_where[0] = '\0';
	writer_free(&w);
}

/* Against a writer that makes three records for each that is taken, most of what a
 * reader does must still be taking: without the distance it would never take any.
 */
static void test_faster_writer(void)
{
	struct writer w = writer_new(1024, 0);
	struct ring r = writer_ring(&w);
	__u64 copy[WORDS];
	uint64_t ts, laps = 0;

	ring_start(&r, false);
	for (int step = 0; step < 100000; step++) {
		writer_write(&w, 3);
		switch (ring_look(&r, &ts)) {
		case RING_READY:
			EQUAL(ring_take(&r, copy), RING_READY);
			CHECK(is_record(copy, r.cursor - 1));
			break;
		case RING_LAPPED:
			ring_catch_up(&r);
			laps++;
			break;
		default:
			TEST_FAIL("neither ready nor lapped");
		}
		EQUAL(r.delivered + r.lost, r.cursor);
	}
	printf("three times as fast: %" PRIu64 " of 100000 steps were records, %" PRIu64 " laps\n", r.delivered, laps);
	CHECK(laps > 100 && laps < 2000);
	EQUAL(r.delivered + laps, 100000);
	writer_free(&w);
}

/* ------------------------------------------------------------------ random schedules */

#define READERS 5

/* Whether what a reader saw is what it had to see. */
static void check_state(enum ring_state found, const struct ring *r, const struct writer *w, const struct writing *open)
{
	uint64_t behind = w->head->next - r->cursor;
	bool last = open->step > 0 && open->n == r->cursor;

	if (behind == 0)
		EQUAL(found, RING_EMPTY);
	else if (r->cursor == UINT64_MAX && found == RING_READY)
		return; /* see test_number_wraps(): taking it decides */
	else if (behind > w->count + 1 || (behind == w->count + 1 && !(open->step == STEP_UNPUBLISH)))
		EQUAL(found, RING_LAPPED);
	else if (behind == w->count + 1)
		CHECK(found == RING_READY || found == RING_LAPPED); /* not yet touched, but about to be */
	else if (last)
		EQUAL(found, RING_BUSY);
	else
		EQUAL(found, RING_READY);
}

static void take_some(struct ring *r, const struct writer *w, const struct writing *open, uint64_t count)
{
	__u64 copy[WORDS];
	uint64_t ts, cursor, lost;
	enum ring_state state;

	for (; count > 0; count--) {
		cursor = r->cursor;
		state = ring_look(r, &ts);
		check_state(state, r, w, open);
		if (state == RING_READY) {
			state = ring_take(r, copy);
			if (state == RING_READY) {
				CHECK(is_record(copy, cursor));
				EQUAL(r->cursor, cursor + 1);
				continue;
			}
			EQUAL(r->cursor, cursor);
			CHECK(state == RING_LAPPED || cursor == UINT64_MAX);
		}
		if (state == RING_EMPTY)
			r->margin = 0; /* as follow.c does */
		if (state == RING_EMPTY || state == RING_BUSY)
			return;
		lost = 1;
		if (state == RING_LAPPED)
			lost = ring_catch_up(r);
		else
			ring_skip(r);
		CHECK(lost > 0);
		EQUAL(r->cursor, cursor + lost);
	}
}

static void test_random(uint64_t slots, uint64_t first, int rounds)
{
	struct writer w = writer_new(slots, first);
	struct ring r[READERS];
	struct writing open = {};
	uint64_t random = seed ^ slots ^ first, delivered = 0, lost = 0;

	writer_write(&w, 2 * slots); /* no slot is new */
	for (int i = 0; i < READERS; i++) {
		r[i] = writer_ring(&w);
		ring_start(&r[i], i % 2);
	}
	for (int round = 0; round < rounds; round++) {
		WHERE("seed %" PRIu64 ", %" PRIu64 " slots from %" PRIu64 ", round %d", seed, slots, first, round);
		if (open.step == 0)
			open = writing_begin(&w);
		for (uint64_t steps = random_below(&random, 2 * STEPS); steps > 0; steps--) {
			if (!writing_step(&open)) {
				open.step = 0;
				break;
			}
		}
		if (open.step == 0 && random_below(&random, 4) == 0)
			writer_write(&w, random_below(&random, random_below(&random, 8) ? 4 : 5 * slots));
		for (int i = 0; i < READERS; i++) {
			/* the later ones look more rarely, and so are lapped more often */
			if (random_below(&random, 1ULL << (2 * i)) == 0)
				take_some(&r[i], &w, &open, random_below(&random, 2 * slots));
			EQUAL(r[i].start + r[i].delivered + r[i].lost, r[i].cursor);
			CHECK(w.head->next - r[i].cursor < UINT64_MAX / 2);
		}
	}
	if (open.step)
		writing_finish(&open);
	open.step = 0;
	for (int i = 0; i < READERS; i++) {
		take_some(&r[i], &w, &open, 2 * slots + 2);
		check_empty(&r[i]);
		EQUAL(r[i].delivered + r[i].lost, w.head->next - r[i].start);
		delivered += r[i].delivered;
		lost += r[i].lost;
	}
	printf("%4" PRIu64 " slots: %" PRIu64 " delivered and %" PRIu64 " lost by %d readers\n", slots, delivered, lost,
	       READERS);
	CHECK(delivered > 0 && lost > 0);
	writer_free(&w);
	test_where[0] = '\0';
}

/* Of large records fewer, as each is as much work as eight small ones. */
static void test_size(uint32_t size, int rounds)
{
	writer_slot_size = size;
	test_in_order();
	test_start();
	test_laps();
	test_busy();
	test_never_published();
	test_number_wraps();
	test_margin();
	test_faster_writer();
	for (uint64_t slots = 1; slots <= 1024; slots *= 4) {
		test_random(slots, 0, rounds);
		test_random(slots, UINT64_MAX - 10000, rounds);
	}
}

int main(void)
{
	seed = random_seed();
	test_size(RS_SLOT_SIZE, 20000);
	test_size(RS_FLOW_SLOT_SIZE, 5000);
	return 0;
}
