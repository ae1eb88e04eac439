/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * sender.h - the ZeroMQ socket, and what happens to messages that it does not take.
 *
 * They wait in a queue while the socket is full, flows also until somebody has subscribed to them; when there are too
 * many, the oldest go.
 * Every message has a number, also one that is dropped: a gap in the numbers is what got lost, here or on the way.
 */
#ifndef NTOPNG_SENDER_H
#define NTOPNG_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "header.h"
#include "queue.h"
#include "topics.h"

struct sender_options {
	const char *endpoint; /* as given; a final c connects */
	const char *server_key; /* 40 characters of Z85, or NULL */
	struct header_as header;
	bool tlv;
	uint32_t first_id;
	uint64_t queue_most; /* messages */
	bool verbose;
};

struct sender {
	struct sender_options options;
	void *context, *socket, *events; /* events: of the connections */
	bool connects, blocked;
	struct topics topics;
	struct queue queue;
	uint32_t next_id;
	uint64_t flows_sent, sent, dropped;
	long long refused_said_ms;
};

/* Returns 0, or -1 when it has said why not. */
int sender_open(struct sender *sender, const struct sender_options *options);
/* What the socket still holds is sent for LINGER_MS at most. */
void sender_close(struct sender *sender, int linger_ms);

/* Descriptors to poll for input: when one is readable, or after anything else was done, sender_work(). */
enum { SENDER_FDS = 2 };
void sender_fds(const struct sender *sender, int fds[SENDER_FDS]);
/* Hears who comes and goes, sends what waits. */
void sender_work(struct sender *sender);

/* Somebody has subscribed to it: all but flows need not be made otherwise. */
bool sender_wants(const struct sender *sender, enum topic topic);
void sender_send(struct sender *sender, enum topic topic, const void *payload, size_t size);
/* Whether something waits because the socket is full. */
bool sender_is_blocked(const struct sender *sender);
/* Counts what waits as dropped. */
void sender_give_up(struct sender *sender);

#endif
