// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Beside a writer at full speed every reader gets whole records only, and misses none that it does not count. */
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "writer.h"

#define READERS_MOST 4

struct race {
	struct writer w;
	uint64_t records;
	int pace; /* the writer yields after so many records; 0: never */
	bool plain; /* the writer uses no atomic instructions, as on x86-64 it need not */
	uint64_t finished; /* atomic */
	int waiting;	   /* atomic: readers that have not begun */
};

struct follower {
	pthread_t thread;
	struct race *race;
	struct ring ring;
	uint64_t looks[RING_TORN + 1];
};

/* One record as the program writes it, at full speed. */
static void write_fast(struct writer *w, bool plain)
{
	__u64 *slot;
	uint64_t n;

	if (plain) {
		n = *(volatile __u64 *)&w->head->next;
		*(volatile __u64 *)&w->head->next = n + 1;
	} else {
		n = __atomic_fetch_add(&w->head->next, 1, __ATOMIC_SEQ_CST);
	}
	slot = (__u64 *)(w->slots + (n & (w->count - 1)) * writer_slot_size);
	*(volatile __u64 *)slot = 0;
	__asm__ volatile("" ::: "memory");
	memset(slot + 1, 0, writer_slot_size - 8);
	for (int i = 2; i < WORDS; i++)
		slot[i] = writer_word(n, i);
	slot[1] = rs_check(slot, n, writer_slot_size);
	__asm__ volatile("" ::: "memory");
	if (plain)
		*(volatile __u64 *)slot = n + 1;
	else
		__atomic_exchange_n(slot, n + 1, __ATOMIC_SEQ_CST);
}

static void *write_all(void *argument)
{
	struct race *race = argument;

	while (__atomic_load_n(&race->waiting, __ATOMIC_ACQUIRE))
		sched_yield();
	for (uint64_t i = 1; i <= race->records; i++) {
		write_fast(&race->w, race->plain);
		if (race->pace && i % (uint64_t)race->pace == 0)
			sched_yield();
	}
	__atomic_store_n(&race->finished, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void *read_all(void *argument)
{
	struct follower *f = argument;
	struct ring *r = &f->ring;
	__u64 copy[WORDS];
	uint64_t ts, cursor;
	enum ring_state state;
	bool last;

	__atomic_fetch_sub(&f->race->waiting, 1, __ATOMIC_RELEASE);
	for (;;) {
		last = __atomic_load_n(&f->race->finished, __ATOMIC_ACQUIRE);
		cursor = r->cursor;
		state = ring_look(r, &ts);
		if (state == RING_READY)
			state = ring_take(r, copy);
		f->looks[state]++;
		switch (state) {
		case RING_READY:
			CHECK(is_record(copy, cursor));
			break;
		case RING_EMPTY:
			r->margin = 0;
			if (last)
				return NULL;
			sched_yield();
			break;
		case RING_BUSY:
			CHECK(!last);
			break;
		case RING_LAPPED:
			EQUAL(ring_catch_up(r), r->cursor - cursor);
			break;
		case RING_TORN:
			ring_skip(r);
			break;
		}
		EQUAL(r->start + r->delivered + r->lost, r->cursor);
	}
}

/* Returns how many records were lost by all. */
static uint64_t test_race(uint64_t slots, int readers, uint64_t records, int pace, bool plain)
{
	struct race race = { .w = writer_new(slots, 0), .records = records, .pace = pace, .plain = plain,
			     .waiting = readers };
	struct follower f[READERS_MOST] = {};
	uint64_t lost = 0, delivered = 0, torn = 0, busy = 0;
	struct timespec begin, end;
	pthread_t writer;

	for (int i = 0; i < readers; i++) {
		f[i].race = &race;
		f[i].ring = writer_ring(&race.w);
		CHECK(!pthread_create(&f[i].thread, NULL, read_all, &f[i]));
	}
	clock_gettime(CLOCK_MONOTONIC, &begin);
	CHECK(!pthread_create(&writer, NULL, write_all, &race));
	pthread_join(writer, NULL);
	clock_gettime(CLOCK_MONOTONIC, &end);
	for (int i = 0; i < readers; i++) {
		pthread_join(f[i].thread, NULL);
		EQUAL(f[i].ring.delivered + f[i].ring.lost, records);
		EQUAL(race.w.head->next, records);
		delivered += f[i].ring.delivered;
		lost += f[i].ring.lost;
		torn += f[i].ring.torn;
		busy += f[i].looks[RING_BUSY];
	}
	printf("%s, %5" PRIu64 " slots of %u, %d readers: %4.1f M/s written, %" PRIu64 " delivered, %" PRIu64 " lost, %" PRIu64
	       " torn, %" PRIu64 " busy looks\n", plain ? "plain " : "atomic", slots, writer_slot_size, readers,
	       (double)records / ((double)(end.tv_sec - begin.tv_sec) * 1e6 + (double)(end.tv_nsec - begin.tv_nsec) / 1e3),
	       delivered, lost, torn, busy);
	CHECK(delivered > 0);
#ifdef __x86_64__
	EQUAL(torn, 0); /* its stores do not overtake each other, and nobody interrupts the writer */
#endif
	writer_free(&race.w);
	return lost;
}

int main(void)
{
	/* RINGSIDE_RECORDS: fewer under a sanitizer, more for a long night */
	const char *text = getenv("RINGSIDE_RECORDS");
	uint64_t records = text ? strtoull(text, NULL, 10) : 500000, lost = 0;

#ifdef __x86_64__
	int most = 1;
#else
	int most = 0;
#endif
	for (int plain = 0; plain <= most; plain++) {
		for (int readers = 1; readers <= READERS_MOST; readers += 3) {
			writer_slot_size = RS_SLOT_SIZE;
			lost += test_race(16, readers, records, 0, plain);
			lost += test_race(1024, readers, records, 0, plain);
			lost += test_race(65536, readers, records, 0, plain);
			lost += test_race(8, readers, records / 8, 3, plain);
			writer_slot_size = RS_FLOW_SLOT_SIZE;
			lost += test_race(16, readers, records / 8, 0, plain);
			lost += test_race(4096, readers, records / 8, 0, plain);
			lost += test_race(8, readers, records / 64, 3, plain);
		}
	}
	CHECK(lost > 0); /* else nothing was tried */
	return 0;
}
