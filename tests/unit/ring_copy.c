// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A record that is overwritten while it is being copied is not delivered, wherever writer and copy meet. */
#include "writer.h"

static void copy_words(void *to, const void *from, size_t size);

/* ring.c itself, with a copy that lets the writer go on between two words */
#define memcpy(to, from, size) copy_words(to, from, size)
#include "../../reader/ring.c"
#undef memcpy

static struct writing overwriting;
static int pause_word; /* before this word is copied ... */
static int pause_step; /* ... the writer goes on up to this step */
static bool backwards, sums_own;

static void go_on_to(int step)
{
	while (overwriting.step < step)
		writing_step(&overwriting);
}

static void copy_words(void *to, const void *from, size_t size)
{
	__u64 *t = to;
	const __u64 *f = from;

	EQUAL(size, writer_slot_size);
	for (int i = 0; i < WORDS; i++) {
		int word = backwards ? WORDS - 1 - i : i; /* a copy may take any order */
		if (i == pause_word)
			go_on_to(pause_step);
		t[word] = f[word];
	}
}

static bool meet(int from, int word, int step)
{
	struct writer w = writer_new(4, 0);
	struct ring r = writer_ring(&w);
	__u64 copy[WORDS];
	uint64_t ts, number = 2;
	enum ring_state state;

	WHERE("writer from step %d to %d before word %d%s", from, step, word, backwards ? ", backwards" : "");
	w.sums_own = sums_own;
	writer_write(&w, number + 4);
	r.cursor = r.start = number;
	overwriting = writing_begin(&w);
	pause_word = word;
	pause_step = step;
	state = ring_look(&r, &ts);
	EQUAL(state, RING_READY);
	go_on_to(from); /* between the look and the copy */
	state = ring_take(&r, copy);
	if (state == RING_READY) {
		CHECK(is_record(copy, number));
		EQUAL(r.cursor, number + 1);
	} else {
		EQUAL(state, RING_LAPPED);
		EQUAL(r.cursor, number);
		EQUAL(ring_catch_up(&r), 1);
	}
	if (overwriting.step < STEPS)
		writing_finish(&overwriting);
	for (; r.cursor != number + 5;) {
		EQUAL(ring_look(&r, &ts), RING_READY);
		pause_word = -1;
		EQUAL(ring_take(&r, copy), RING_READY);
		CHECK(is_record(copy, r.cursor - 1));
	}
	EQUAL(r.delivered + r.lost, 5);
	writer_free(&w);
	return state == RING_READY;
}

/* A writer that was interrupted for a lap goes on while the record that took its place is copied. */
static bool meet_late(int stop, int word, int step)
{
	struct writer w = writer_new(4, 0);
	struct ring r = writer_ring(&w);
	__u64 copy[WORDS];
	uint64_t ts;
	enum ring_state state;

	WHERE("late writer from step %d to %d before word %d%s", stop, step, word, backwards ? ", backwards" : "");
	w.sums_own = sums_own;
	writer_write(&w, 5);
	overwriting = writing_begin(&w); /* number 5 */
	go_on_to(stop);
	writer_write(&w, 4);
	r.cursor = r.start = 9;
	r.after_whole = stop % 2; /* it may have come from number 8, or not */
	state = ring_look(&r, &ts);
	pause_word = word;
	pause_step = step;
	if (state == RING_READY)
		state = ring_take(&r, copy);
	if (state == RING_READY)
		CHECK(is_record(copy, 9));
	else if (state == RING_LAPPED)
		EQUAL(ring_catch_up(&r), 1);
	else
		ring_skip(&r);
	EQUAL(r.cursor, 10);
	EQUAL(r.delivered + r.lost, 1);
	writer_free(&w);
	return state == RING_READY;
}

/* The next word before which the copy pauses: of a large record the first and last ones, and some. */
static int word_after(int word)
{
	return word < 4 || word >= WORDS - 3 || WORDS == RS_SLOT_SIZE / 8 ? word + 1 : word + 12 < WORDS - 3 ? word + 12 : WORDS - 3;
}

static void test_size(uint32_t size)
{
	int whole = 0, cases = 0, late = 0;

	writer_slot_size = size;
	for (int order = 0; order < 4; order++) {
		backwards = order & 1;
		sums_own = order & 2;
		for (int from = 0; from <= STEPS; from = writer_after(from))
			for (int step = from; step <= STEPS; step = writer_after(step))
				for (int word = 0; word < WORDS; word = word_after(word), cases++)
					whole += meet(from, word, step);
	}
	printf("%u bytes: %d meetings, %d whole\n", size, cases, whole);
	CHECK(whole > 0 && whole < cases);
	cases = 0;
	for (int order = 0; order < 4; order++) {
		backwards = order & 1;
		sums_own = order & 2;
		for (int stop = 1; stop < STEPS; stop = writer_after(stop))
			for (int step = stop; step <= STEPS; step = writer_after(step))
				for (int word = 0; word < WORDS; word = word_after(word), cases++)
					late += meet_late(stop, word, step);
	}
	printf("%u bytes: %d meetings with a late writer, %d whole\n", size, cases, late);
	CHECK(late > 0 && late < cases);
}

int main(void)
{
	test_size(RS_SLOT_SIZE);
	test_size(RS_FLOW_SLOT_SIZE);
	return 0;
}
