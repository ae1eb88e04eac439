// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "queue.h"

/* A payload is stored in one piece behind its length. */
#define LENGTH sizeof(uint32_t)

int queue_open(struct queue *queue, uint64_t most, size_t size)
{
	*queue = (struct queue){ .size = size, .most = most, .wrap = size };
	queue->bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (queue->bytes != MAP_FAILED)
		return 0;
	queue->bytes = NULL;
	return -ENOMEM;
}

void queue_close(struct queue *queue)
{
	if (queue->bytes)
		munmap(queue->bytes, queue->size);
	*queue = (struct queue){};
}

const void *queue_first(const struct queue *queue, size_t *length)
{
	uint32_t stored;

	if (!queue->count)
		return NULL;
	memcpy(&stored, queue->bytes + queue->head, LENGTH);
	*length = stored;
	return queue->bytes + queue->head + LENGTH;
}

void queue_pop(struct queue *queue)
{
	size_t length;

	if (!queue_first(queue, &length))
		return;
	queue->head += LENGTH + length;
	if (--queue->count == 0) { /* from the beginning again, in the pages that are there */
		queue->head = queue->tail = 0;
		queue->wrap = queue->size;
	} else if (queue->head == queue->wrap) {
		queue->head = 0;
		queue->wrap = queue->size;
	}
}

/* Makes NEED bytes in one piece, if they are free. */
static bool make_room(struct queue *queue, size_t need)
{
	if (queue->count && queue->tail <= queue->head)
		return queue->head - queue->tail >= need;
	if (queue->size - queue->tail >= need)
		return true;
	if (queue->head < need)
		return false;
	queue->wrap = queue->tail;
	queue->tail = 0;
	return true;
}

uint64_t queue_push(struct queue *queue, const void *payload, size_t length)
{
	uint32_t stored = (uint32_t)length;
	uint64_t gone = 0;

	while (queue->count && (queue->count >= queue->most || !make_room(queue, LENGTH + length))) {
		queue_pop(queue);
		gone++;
	}
	memcpy(queue->bytes + queue->tail, &stored, LENGTH);
	memcpy(queue->bytes + queue->tail + LENGTH, payload, length);
	queue->tail += LENGTH + length;
	queue->count++;
	return gone;
}
