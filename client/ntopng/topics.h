/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* topics.h - the topics that messages have, and which of them somebody has subscribed to. */
#ifndef NTOPNG_TOPICS_H
#define NTOPNG_TOPICS_H

#include <stdbool.h>
#include <stddef.h>

enum topic {
	TOPIC_FLOW,
	TOPIC_EVENT, /* about this exporter; what happens on the network are flows */
	TOPIC_COUNTER,
	TOPIC_PORTS,
};

const char *topic_name(enum topic topic);

/* Subscriptions are prefixes of a message's first bytes, which are its topic and NULs. */
#define PREFIX_MOST 24
#define PREFIXES_MOST 64 /* ntopng has nine */

struct prefix {
	size_t length;
	char bytes[PREFIX_MOST];
};

struct topics {
	struct prefix prefixes[PREFIXES_MOST];
	size_t count;
};

/* MESSAGE is what an XPUB socket receives: 1 (subscribe) or 0, and the prefix. Returns whether anything changed. */
bool topics_change(struct topics *topics, const unsigned char *message, size_t length);
bool topics_want(const struct topics *topics, enum topic topic);
void topics_forget(struct topics *topics);

#endif
