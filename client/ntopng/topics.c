// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <string.h>

#include "header.h"
#include "topics.h"

const char *topic_name(enum topic topic)
{
	static const char *const names[] = {
		[TOPIC_FLOW] = "flow",
		[TOPIC_EVENT] = "event",
		[TOPIC_COUNTER] = "counter",
		[TOPIC_PORTS] = "listening-ports",
	};

	return names[topic];
}

static struct prefix *find(struct topics *topics, const struct prefix *wanted)
{
	for (size_t i = 0; i < topics->count; i++)
		if (topics->prefixes[i].length == wanted->length &&
		    !memcmp(topics->prefixes[i].bytes, wanted->bytes, wanted->length))
			return &topics->prefixes[i];
	return NULL;
}

bool topics_change(struct topics *topics, const unsigned char *message, size_t length)
{
	struct prefix prefix = { .length = length - 1 }, *found;

	if (length < 1 || length - 1 > PREFIX_MOST)
		return false; /* longer than any of our topics, so it matches none */
	memcpy(prefix.bytes, message + 1, length - 1);
	found = find(topics, &prefix);
	if (*message == 1 && !found && topics->count < PREFIXES_MOST) {
		topics->prefixes[topics->count++] = prefix;
		return true;
	}
	if (*message == 0 && found) {
		*found = topics->prefixes[--topics->count];
		return true;
	}
	return false;
}

bool topics_want(const struct topics *topics, enum topic topic)
{
	char padded[PREFIX_MOST] = {};

	strncpy(padded, topic_name(topic), TOPIC_SIZE - 1);
	for (size_t i = 0; i < topics->count; i++)
		if (!memcmp(padded, topics->prefixes[i].bytes, topics->prefixes[i].length))
			return true;
	return false;
}

void topics_forget(struct topics *topics)
{
	topics->count = 0;
}
