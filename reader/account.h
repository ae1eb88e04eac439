/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* account.h - what a reader got, left out and lost of each source, as records of its own. */
#ifndef RINGSIDE_ACCOUNT_H
#define RINGSIDE_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "output.h"
#include "ringside.h"

#define LOST_INTERVAL_NS 1000000000 /* losses are summed up for so long */

struct account {
	const struct ringside_source *source;
	uint64_t printed;
	uint64_t filtered; /* delivered, but not asked for */
	uint64_t *pending; /* lost and not said yet, for each CPU */
	uint64_t pending_total;
	int64_t said_ns;
	struct account *next;
};

struct accounts {
	struct account *first;
	struct account *last_used; /* most records come in runs of one source */
	bool text;
};

/* The account of a source, made when it is not there. NULL: no memory. */
struct account *account_of(struct accounts *all, const struct ringside_source *source);

void account_lost(struct account *a, const struct ringside_event *lost);

/* Lines for what is due at now_ns (CLOCK_BOOTTIME). 0 or -1: out->error. */
int account_say_lost(struct accounts *all, struct output *out, int64_t now_ns);
int account_say_stats(struct accounts *all, struct output *out, const struct ringside *r);

/* The last lines about a source, and the end of its account; then all of them. */
int account_close(struct accounts *all, struct account *a, struct output *out, const struct ringside *r,
		  bool stats);
int account_close_all(struct accounts *all, struct output *out, const struct ringside *r, bool stats);

/* Nanoseconds until account_say_lost() has something to say; -1: nothing pending. */
int64_t account_due_in(const struct accounts *all, int64_t now_ns);

#endif
