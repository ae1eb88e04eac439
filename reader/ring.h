/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ring.h - one CPU's ring, followed by one cursor. Knows memory and nothing else.
 *
 * The writer never waits, so a slot may change under the reader's eyes: what is
 * taken was copied whole and verified, and what was overwritten is counted.
 */
#ifndef RINGSIDE_RING_H
#define RINGSIDE_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "abi.h"

struct ring {
	const struct rs_head *head;
	const unsigned char *slots;
	uint64_t mask; /* slots - 1 */
	uint32_t slot_size; /* RS_SLOT_SIZE or RS_FLOW_SLOT_SIZE */
	uint64_t cursor;
	uint64_t start; /* where following began */
	uint64_t waited_at; /* the cursor when all had been read and the reader waited for more */
	uint64_t delivered;
	uint64_t lost;
	uint64_t torn;	 /* of the lost */
	uint64_t margin; /* records given up beyond what must be, after a lap */
	int64_t busy_since_ns;
	bool after_whole; /* the record before the cursor was delivered */
};

enum ring_state {
	RING_EMPTY,  /* nothing more has been begun */
	RING_READY,  /* the next record is there */
	RING_BUSY,   /* it was begun and is not published yet */
	RING_LAPPED, /* it is gone */
	RING_TORN,   /* it was there, but not whole */
};

/* At the writer's position, or at the oldest record. */
void ring_start(struct ring *ring, bool from_start);

/* What the cursor points at; for RING_READY also its time, unverified. */
enum ring_state ring_look(const struct ring *ring, uint64_t *ts_ns);

/* Copies it to a buffer of slot_size bytes and goes on: RING_READY, or why not. */
enum ring_state ring_take(struct ring *ring, void *to);

/* After RING_LAPPED: goes on at the oldest record that is safe. Returns how many were lost. */
uint64_t ring_catch_up(struct ring *ring);

/* After RING_TORN, or a RING_BUSY that lasts: gives one record up. */
void ring_skip(struct ring *ring);

#endif
