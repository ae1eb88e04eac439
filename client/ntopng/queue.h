/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* queue.h - payloads that wait to be sent: a ring of bytes, from which the oldest go when there are too many. */
#ifndef NTOPNG_QUEUE_H
#define NTOPNG_QUEUE_H

#include <stddef.h>
#include <stdint.h>

struct queue {
	char *bytes;
	size_t size, head, tail, wrap; /* wrap: where the bytes before the ring's end stop to count */
	uint64_t count, most;
};

/* Returns 0 or -ENOMEM. Memory is used as it is needed, and no more than SIZE. */
int queue_open(struct queue *queue, uint64_t most, size_t size);
void queue_close(struct queue *queue);

/* Returns how many of the oldest had to go. KIND is the caller's. A payload is at most a quarter of the size. */
uint64_t queue_push(struct queue *queue, int kind, const void *payload, size_t length);
/* The oldest, or NULL. It stays valid until the next push or pop. */
const void *queue_first(const struct queue *queue, int *kind, size_t *length);
void queue_pop(struct queue *queue);

#endif
