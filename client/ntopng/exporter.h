/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* exporter.h - from a line to a message, and the account of both. */
#ifndef NTOPNG_EXPORTER_H
#define NTOPNG_EXPORTER_H

#include "bytes.h"
#include "export.h"
#include "groups.h"
#include "host.h"
#include "options.h"
#include "sender.h"

struct exporter {
	const struct options *options;
	struct sender sender;
	struct groups groups;
	struct host host;
	struct bytes message;
	uint64_t bad, bad_said;		/* lines */
	uint64_t dropped_said;		/* of the sender's */
	uint64_t no_place;		/* records that are no flow: statistics, UDP of a peer nobody knows, left out by -l */
	uint64_t lost;			/* by the reader, as it said */
	int64_t say_at_ms;
};

/* Returns 0, or -1 when it has said why not. */
int exporter_open(struct exporter *exporter, const struct options *options);
void exporter_close(struct exporter *exporter, int linger_ms);

void exporter_line(struct exporter *exporter, const char *line, size_t length, int64_t now_ms);
/* What became worse since it was last said, at most once a second. */
void exporter_say(struct exporter *exporter, int64_t now_ms);
/* The whole account. */
void exporter_account(struct exporter *exporter);

#endif
