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
 */
#ifndef RINGSIDE_TEST_WRITER_H
#define RINGSIDE_TEST_WRITER_H

#include "ring.h"
#include "test.h"

#define WORDS (RS_SLOT_SIZE / 8)
#define BODY 4 /* words before it: seq, check, ts_ns and the type */

struct writer {
	struct rs_head *head;
	unsigned char *slots;
	uint64_t count;
	bool sums_own; /* the check is of what it writes, not of what it finds written */
};

/* All steps of one record, in the order of their stores. */
enum {
	STEP_NUMBER = 0,
	STEP_UNPUBLISH,
	STEP_ZERO,			  /* words 1 .. 15 */
	STEP_TIME = STEP_ZERO + WORDS - 1,
	STEP_TYPE,
	STEP_FILL,			  /* words 4 .. 15 */
	STEP_SUM = STEP_FILL + WORDS - BODY, /* words 2 .. 15, read from memory as the program does */
	STEP_CHECK = STEP_SUM + WORDS - 2,
	STEP_PUBLISH,
	STEPS,
};

struct writing {
	struct writer *to;
	uint64_t n;
	uint64_t a, b; /* of rs_check() */
	int step;
};

static inline struct writer writer_new(uint64_t slots, uint64_t first)
{
	struct writer w = { .count = slots };

	w.head = aligned_alloc(RS_SLOT_SIZE, RS_SLOT_SIZE);
	w.slots = aligned_alloc(RS_SLOT_SIZE, slots * RS_SLOT_SIZE);
	CHECK(w.head && w.slots);
	memset(w.head, 0, RS_SLOT_SIZE);
	memset(w.slots, 0, slots * RS_SLOT_SIZE);
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
	return (struct ring){ .head = w->head, .slots = w->slots, .mask = w->count - 1 };
}

/* Word i of record n, for 2 <= i. Every bit depends on both, so that no mixture
 * of two records looks like one of them.
 */
static inline uint64_t writer_word(uint64_t n, int i)
{
	uint64_t state = n * WORDS + (uint64_t)i;

	return i == 3 ? RS_ICMP : random_u64(&state);
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
	slot = (volatile __u64 *)(w->slots + (t->n & (w->count - 1)) * RS_SLOT_SIZE);
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
