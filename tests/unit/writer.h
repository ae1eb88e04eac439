/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * writer.h - what a program of bpf/ring.bpf.h does to a ring, over plain memory.
 *
 * A record's words may be put into the slot one by one and summed up where they
 * lie, as programs of one's own may do it, or be summed up as they are stored.
 *
 * One writing is a row of single stores (and loads, for the check), each a step:
 * a test may stop between any two of them, as an interrupt may, and do something
 * else to the same ring before it goes on.
 *
 * Slots are of the size that writer_slot_size says, for all that follows.
 */
#ifndef RINGSIDE_TEST_WRITER_H
#define RINGSIDE_TEST_WRITER_H

#include "ring.h"
#include "test.h"

static uint32_t writer_slot_size = RS_SLOT_SIZE;

#define WORDS ((int)(writer_slot_size / 8))
#define BODY 4 /* words before it: seq, check, ts_ns and the type */

struct writer {
	struct rs_head *head;
	unsigned char *slots;
	uint64_t count;
	bool sums_own; /* the check is of what it writes, not of what it finds written */
};

/* All steps of one record, in the order of their stores. */
enum { STEP_NUMBER, STEP_UNPUBLISH, STEP_ZERO }; /* words from 1 on */
#define STEP_TIME (STEP_ZERO + WORDS - 1)
#define STEP_TYPE (STEP_TIME + 1)
#define STEP_FILL (STEP_TYPE + 1) /* words from 4 on */
#define STEP_SUM (STEP_FILL + WORDS - BODY) /* words from 2 on, read from memory as the program does */
#define STEP_CHECK (STEP_SUM + WORDS - 2)
#define STEP_PUBLISH (STEP_CHECK + 1)
#define STEPS (STEP_PUBLISH + 1)

/* The next of the points that are tried: of a large record, those where one thing ends and
 * another begins, and as many in between as a small one has.
 */
static inline int writer_after(int point)
{
	const int ends[] = { STEP_ZERO, STEP_TIME, STEP_FILL, STEP_SUM, STEP_CHECK, STEPS };
	int next = point + 1 + 7 * (writer_slot_size > RS_SLOT_SIZE);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (point >= ends[i] - 2 && point <= ends[i])
			return point + 1;
		if (point < ends[i] - 2 && next > ends[i] - 2)
			return ends[i] - 2;
	}
	return next;
}

struct writing {
	struct writer *to;
	uint64_t n;
	uint64_t a, b; /* of rs_check() */
	int step;
};

static inline struct writer writer_new(uint64_t slots, uint64_t first)
{
	struct writer w = { .count = slots };

	w.head = aligned_alloc(RS_SLOT_SIZE, writer_slot_size);
	w.slots = aligned_alloc(RS_SLOT_SIZE, slots * writer_slot_size);
	CHECK(w.head && w.slots);
	memset(w.head, 0, writer_slot_size);
	memset(w.slots, 0, slots * writer_slot_size);
	w.head->next = first;
	return w;
}

static inline void writer_free(struct writer *w)
{
	free(w->head);
	free(w->slots);
}

static inline struct ring writer_ring(const struct writer *w)
{
	return (struct ring){ .head = w->head, .slots = w->slots, .mask = w->count - 1, .slot_size = writer_slot_size };
}

/* Word i of record n, for 2 <= i. Every bit depends on both, so that no mixture
 * of two records looks like one of them.
 */
static inline uint64_t writer_word(uint64_t n, int i)
{
	uint64_t state = n * (uint64_t)WORDS + (uint64_t)i;

	if (i == 3)
		return writer_slot_size == RS_SLOT_SIZE ? RS_ICMP : RS_CLOSE;
	return random_u64(&state);
}

static inline bool is_record(const void *copy, uint64_t n)
{
	const __u64 *w = copy;

	if (w[0] != n + 1)
		return false;
	for (int i = 2; i < WORDS; i++)
		if (w[i] != writer_word(n, i))
			return false;
	return true;
}

static inline struct writing writing_begin(struct writer *w)
{
	return (struct writing){ .to = w };
}

/* Returns false when the record is published. */
static inline bool writing_step(struct writing *t)
{
	struct writer *w = t->to;
	volatile __u64 *slot; /* of the type that rs_check() reads */
	int s = t->step++;

	if (s == STEP_NUMBER) {
		t->n = __atomic_fetch_add(&w->head->next, 1, __ATOMIC_SEQ_CST);
		return true;
	}
	slot = (volatile __u64 *)(w->slots + (t->n & (w->count - 1)) * writer_slot_size);
	if (s == STEP_UNPUBLISH) {
		__atomic_store_n(&slot[0], 0, __ATOMIC_RELAXED);
		__atomic_signal_fence(__ATOMIC_SEQ_CST); /* barrier(): the compiler's order only */
	} else if (s < STEP_TIME) {
		if (!w->sums_own)
			slot[1 + s - STEP_ZERO] = 0;
	} else if (s == STEP_TIME) {
		slot[2] = writer_word(t->n, 2);
	} else if (s == STEP_TYPE) {
		slot[3] = writer_word(t->n, 3);
	} else if (s < STEP_SUM) {
		slot[BODY + s - STEP_FILL] = writer_word(t->n, BODY + s - STEP_FILL);
	} else if (s < STEP_CHECK) {
		if (s == STEP_SUM)
			t->a = t->n, t->b = 0;
		t->a += w->sums_own ? writer_word(t->n, 2 + s - STEP_SUM) : slot[2 + s - STEP_SUM];
		t->b += t->a;
	} else if (s == STEP_CHECK) {
		slot[1] = t->b;
	} else {
		__atomic_exchange_n(&slot[0], t->n + 1, __ATOMIC_SEQ_CST);
		return false;
	}
	return true;
}

static inline void writing_finish(struct writing *t)
{
	while (writing_step(t))
		;
}

static inline void writer_write(struct writer *w, uint64_t count)
{
	while (count-- > 0) {
		struct writing t = writing_begin(w);

		writing_finish(&t);
	}
}

#endif
