// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <string.h>

#include "ring.h"

static inline uint64_t load(const __u64 *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline const struct rs_hdr *slot_of(const struct ring *ring, uint64_t n, uint32_t size)
{
	return (const void *)(ring->slots + (n & ring->mask) * size);
}

void ring_start(struct ring *ring, bool from_start)
{
	uint64_t next = load(&ring->head->next), slots = ring->mask + 1;

	if (from_start)
		next -= next < slots ? next : slots;
	ring->cursor = ring->start = ring->waited_at = next;
	ring->margin = 0;
	ring->busy_since_ns = 0;
	ring->after_whole = false;
}

enum ring_state ring_look(const struct ring *ring, uint64_t *ts_ns)
{
	const struct rs_hdr *slot = slot_of(ring, ring->cursor, ring->slot_size);
	uint64_t seq = load(&slot->seq), next;

	if (seq == ring->cursor + 1) {
		*ts_ns = slot->ts_ns;
		return RING_READY;
	}
	/* signed, so that numbers may wrap */
	if (seq != 0 && (int64_t)(seq - (ring->cursor + 1)) > 0)
		return RING_LAPPED;
	next = load(&ring->head->next);
	if (next == ring->cursor)
		return RING_EMPTY;
	return next - ring->cursor > ring->mask + 1 ? RING_LAPPED : RING_BUSY;
}

/* A writer that was interrupted for a lap puts its late record, mixed with what
 * it overwrites, under its old number, and its check is that of the mixture: only
 * the writer's position tells. Asking it for every record would slow the writer
 * down, so the slot before is asked first, which no lap leaves as it was.
 */
static inline bool was_lapped(const struct ring *ring, uint32_t size)
{
	if (ring->after_whole && load(&slot_of(ring, ring->cursor - 1, size)->seq) == ring->cursor)
		return false;
	return load(&ring->head->next) - ring->cursor > ring->mask + 1;
}

static inline __attribute__((always_inline)) enum ring_state take(struct ring *ring, void *to, uint32_t size)
{
	const struct rs_hdr *slot = slot_of(ring, ring->cursor, size);

	memcpy(to, slot, size);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (__atomic_load_n(&slot->seq, __ATOMIC_RELAXED) != ring->cursor + 1 || was_lapped(ring, size))
		return RING_LAPPED;
	if (rs_check(to, ring->cursor, size) != ((const struct rs_hdr *)to)->check)
		return RING_TORN;
	ring->after_whole = true;
	ring->cursor++;
	ring->delivered++;
	return RING_READY;
}

/* Sizes that the compiler knows are copied and summed up in straight lines. */
enum ring_state ring_take(struct ring *ring, void *to)
{
	return ring->slot_size == RS_SLOT_SIZE ? take(ring, to, RS_SLOT_SIZE) : take(ring, to, RS_FLOW_SLOT_SIZE);
}

uint64_t ring_catch_up(struct ring *ring)
{
	uint64_t next = load(&ring->head->next), slots = ring->mask + 1, behind = next - ring->cursor;
	uint64_t oldest, lost;

	/* The slot of the record begun last is the one behind the oldest: as soon
	 * as the next is begun, the oldest goes. So a reader that is lapped again
	 * and again keeps a growing distance; one that was merely asleep loses
	 * nothing that it need not.
	 */
	ring->margin = ring->margin ? ring->margin * 2 : 1;
	if (ring->margin > slots / 4)
		ring->margin = slots / 4;
	if (behind <= slots) { /* only this slot is being written again */
		oldest = ring->cursor + 1;
	} else {
		oldest = next - slots + (ring->margin > 1 ? ring->margin : 0);
	}
	lost = oldest - ring->cursor;
	ring->cursor = oldest;
	ring->after_whole = false;
	ring->lost += lost;
	return lost;
}

void ring_skip(struct ring *ring)
{
	ring->cursor++;
	ring->after_whole = false;
	ring->lost++;
	ring->torn++;
}
