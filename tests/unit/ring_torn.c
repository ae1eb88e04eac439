// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A writer that is interrupted for a lap or more never makes a reader take what was not written whole, or twice. */
#include "writer.h"

static uint64_t seed;
static bool sums_own;

/* A reader and what it may still lose and take. */
struct witness {
	struct ring ring;
	uint64_t taken;
};

#define ANY UINT64_MAX /* many writers are interrupted */

static void check_loss(const struct writer *w, uint64_t number, uint64_t suspect)
{
	if (suspect == ANY)
		return;
	/* overwritten, or about to be; or in the slot that the interrupted writer spoils */
	CHECK(w->head->next - number > w->count - w->count / 4 || (number - suspect) % w->count == 0);
}

/* Takes all there is. A busy record is waited for, or given up if PATIENCE is over. */
static void drain(struct witness *r, const struct writer *w, uint64_t suspect, bool patient)
{
	__u64 copy[WORDS];
	uint64_t ts, cursor, lost;
	enum ring_state state;

	for (;;) {
		cursor = r->ring.cursor;
		state = ring_look(&r->ring, &ts);
		if (state == RING_READY)
			state = ring_take(&r->ring, copy);
		if (state == RING_READY) {
			/* in order, so it cannot have been shown before */
			EQUAL(r->ring.cursor, cursor + 1);
			if (!is_record(copy, cursor))
				TEST_FAIL("record %" PRIu64 " was taken and is not whole", cursor);
			r->taken++;
			continue;
		}
		if (state == RING_EMPTY)
			r->ring.margin = 0;
		if (state == RING_EMPTY || (state == RING_BUSY && patient))
			return;
		lost = 1;
		if (state == RING_LAPPED)
			lost = ring_catch_up(&r->ring);
		else
			ring_skip(&r->ring);
		EQUAL(r->ring.cursor, cursor + lost);
		for (uint64_t i = 0; i < lost; i++)
			check_loss(w, cursor + i, suspect);
	}
}

static void check_account(const struct witness *r, const struct writer *w)
{
	EQUAL(r->ring.delivered, r->taken);
	EQUAL(r->ring.delivered + r->ring.lost, w->head->next - r->ring.start);
	EQUAL(r->ring.cursor, w->head->next);
}

/* Record n is interrupted before step STOP, NESTED records are written meanwhile,
 * and all readers look when the interrupted writer is at step LOOK again.
 */
static uint64_t interrupt_once(uint64_t slots, int stop, int look, uint64_t nested)
{
	struct writer w = writer_new(slots, 0);
	struct witness r[64] = {};
	uint64_t count, n = 2 * slots, torn = 0;
	struct writing t = writing_begin(&w);

	WHERE("%" PRIu64 " slots, stopped at %d, %" PRIu64 " nested, looked at %d", slots, stop, nested, look);
	w.sums_own = sums_own;
	writer_write(&w, n);
	/* one for each place where a reader may have been when it fell asleep */
	count = slots + nested + 1;
	CHECK(count <= 64);
	for (uint64_t i = 0; i < count; i++) {
		r[i].ring = writer_ring(&w);
		r[i].ring.cursor = r[i].ring.start = n - slots + i;
	}
	while (t.step < stop)
		writing_step(&t);
	writer_write(&w, nested);
	while (t.step < look)
		writing_step(&t);
	for (uint64_t i = 0; i < count; i++)
		drain(&r[i], &w, n, true);
	if (t.step < STEPS)
		writing_finish(&t);
	for (uint64_t i = 0; i < count; i++)
		drain(&r[i], &w, n, true);
	writer_write(&w, 1);
	for (uint64_t i = 0; i < count; i++)
		drain(&r[i], &w, n, i % 2);
	for (uint64_t i = 0; i < 2 * slots; i++) {
		writer_write(&w, 1);
		for (uint64_t k = 0; k < count; k++)
			drain(&r[k], &w, n, k % 2);
	}
	for (uint64_t i = 0; i < count; i++) {
		drain(&r[i], &w, n, false);
		check_account(&r[i], &w);
		torn += r[i].ring.torn;
	}
	writer_free(&w);
	return torn;
}

static void test_every_point(uint64_t most)
{
	uint64_t torn = 0, cases = 0;

	for (uint64_t slots = 1; slots <= most; slots *= 2)
		for (int stop = 1; stop < STEPS; stop = writer_after(stop))
			for (int look = stop; look <= STEPS; look = writer_after(look))
				for (uint64_t nested = slots - 1; nested <= 3 * slots + 1; nested++, cases++)
					torn += interrupt_once(slots, stop, look, nested);
	printf("%u bytes: %" PRIu64 " interruptions, %" PRIu64 " torn records noticed\n", writer_slot_size, cases, torn);
	CHECK(torn > 1000);
	test_where[0] = '\0';
}

/* Two writers side by side, both late: the reader has given up the first one and
 * waits at the second, whose slot before then looks as if nobody had lapped it.
 */
static void test_late_neighbours(void)
{
	for (int stop = STEP_UNPUBLISH; stop < STEPS; stop++) {
		struct writer w = writer_new(4, 0);
		struct witness r = { .ring = writer_ring(&w) };
		struct writing first = writing_begin(&w), second = writing_begin(&w);
		__u64 copy[WORDS];
		uint64_t ts;

		WHERE("stopped at %d", stop);
		w.sums_own = sums_own;
		writer_write(&w, 8);
		ring_start(&r.ring, true);
		drain(&r, &w, ANY, true);
		while (first.step < STEP_PUBLISH)
			writing_step(&first);
		EQUAL(ring_look(&r.ring, &ts), RING_BUSY);
		ring_skip(&r.ring);
		while (second.step < stop)
			writing_step(&second);
		writer_write(&w, 4);
		writing_finish(&second);
		writing_finish(&first);
		EQUAL(r.ring.cursor, 9);
		if (ring_look(&r.ring, &ts) == RING_READY && ring_take(&r.ring, copy) == RING_READY)
			CHECK(is_record(copy, 9));
		writer_free(&w);
	}
	test_where[0] = '\0';
}

/* ------------------------------------------------------------------ interrupted interrupts */

#define READERS 4
#define DEPTH 3

struct nest {
	struct writer w;
	struct witness r[READERS];
	uint64_t random;
};

static void look_now_and_then(struct nest *nest)
{
	for (int i = 0; i < READERS; i++)
		if (random_below(&nest->random, (uint64_t)STEPS / 2 << (3 * i)) == 0)
			drain(&nest->r[i], &nest->w, ANY, random_below(&nest->random, 4));
}

static void write_nested(struct nest *nest, int depth)
{
	struct writing t = writing_begin(&nest->w);

	while (writing_step(&t)) {
		look_now_and_then(nest);
		if (depth < DEPTH && random_below(&nest->random, 2 * (uint64_t)STEPS) == 0)
			for (uint64_t i = random_below(&nest->random, 2 * nest->w.count + 2); i > 0; i--)
				write_nested(nest, depth + 1);
	}
	look_now_and_then(nest);
}

static void test_nested(uint64_t slots, uint64_t records)
{
	struct nest nest = { .w = writer_new(slots, 0), .random = seed ^ slots };

	nest.w.sums_own = sums_own;
	for (int i = 0; i < READERS; i++)
		nest.r[i].ring = writer_ring(&nest.w);
	while (nest.w.head->next < records) {
		WHERE("seed %" PRIu64 ", %" PRIu64 " slots, record %" PRIu64, seed, slots, (uint64_t)nest.w.head->next);
		write_nested(&nest, 0);
	}
	printf("%" PRIu64 " slots, nested:", slots);
	for (int i = 0; i < READERS; i++) {
		drain(&nest.r[i], &nest.w, ANY, false);
		check_account(&nest.r[i], &nest.w);
		printf("  %" PRIu64 " delivered, %" PRIu64 " lost (%" PRIu64 " torn)", nest.r[i].ring.delivered,
		       nest.r[i].ring.lost, nest.r[i].ring.torn);
	}
	printf("\n");
	writer_free(&nest.w);
	test_where[0] = '\0';
}

/* MOST slots, as many nested RECORDS: large ones take their time. */
static void test_size(uint32_t size, uint64_t most, uint64_t records)
{
	writer_slot_size = size;
	for (int own = 0; own < 2; own++) {
		sums_own = own;
		test_every_point(most);
		test_late_neighbours();
		for (uint64_t slots = 2; slots <= 64; slots *= 2)
			test_nested(slots, records);
	}
}

int main(void)
{
	seed = random_seed();
	test_size(RS_SLOT_SIZE, 8, 50000);
	test_size(RS_FLOW_SLOT_SIZE, 2, 6000);
	return 0;
}
