// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "queue.h"

/* What stands before each payload; both are in one piece. */
struct head {
	uint32_t length;
	int32_t kind;
};

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

const void *queue_first(const struct queue *queue, int *kind, size_t *length)
{
	struct head head;

	if (!queue->count)
		return NULL;
	memcpy(&head, queue->bytes + queue->head, sizeof(head));
	*kind = head.kind;
	*length = head.length;
	return queue->bytes + queue->head + sizeof(head);
}

void queue_pop(struct queue *queue)
{
	size_t length;
	int kind;

	if (!queue_first(queue, &kind, &length))
		return;
	queue->head += sizeof(struct head) + length;
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

uint64_t queue_push(struct queue *queue, int kind, const void *payload, size_t length)
{
	const struct head head = { (uint32_t)length, kind };
	uint64_t gone = 0;

	while (queue->count && (queue->count >= queue->most || !make_room(queue, sizeof(head) + length))) {
		queue_pop(queue);
		gone++;
	}
	memcpy(queue->bytes + queue->tail, &head, sizeof(head));
	memcpy(queue->bytes + queue->tail + sizeof(head), payload, length);
	queue->tail += sizeof(head) + length;
	queue->count++;
	return gone;
}
