/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * lookup.h - questions that may take long, answered by a thread of their own, and remembered.
 *
 * One thread asks (the caller's), one answers. They share a ring of slots and three
 * numbers, so that the caller never waits, not even for a lock; what is remembered
 * belongs to the caller's thread alone.
 */
#ifndef RINGSIDE_LOOKUP_H
#define RINGSIDE_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOOKUP_WAITING 64 /* questions under way at most; who is beyond asks again later */

struct lookup_question {
	char key[65];
	char hint[16]; /* where to ask; not part of the key */
};

/* Empty strings are unknown. What does not fit is cut off. */
struct lookup_answer {
	char name[256];
	char pod[256];
	char pod_namespace[64];
};

struct lookup_options {
	/* Called in the thread. Returns whether there is an answer, and in *good_ns for
	 * how long that is so. Ends soon once the descriptor stop is readable.
	 */
	bool (*ask)(void *context, const struct lookup_question *question, struct lookup_answer *answer,
		    int64_t *good_ns, int stop);
	void *context;
	size_t most; /* answers remembered; the one not needed for longest goes first */
	int64_t (*now_ns)(void);
};

struct lookup;

/* The thread starts with the first question. NULL: no memory. */
struct lookup *lookup_new(const struct lookup_options *options);

/*
 * Never waits. NULL: not known, or not yet. An answer that is too old is given
 * while it is asked for again, and for good when there is none any more: a key
 * never gets a second owner. Good until the next call. *settled: the same is said
 * again until the answer is too old.
 */
const struct lookup_answer *lookup_get(struct lookup *l, const struct lookup_question *question, bool *settled);

/* Accepts NULL. Whether a question is under way. */
bool lookup_waiting(const struct lookup *l);

/* Accepts NULL. False: the thread is stuck in ask() and is left to the end of the
 * process, with everything it uses; then context must stay as well.
 */
bool lookup_free(struct lookup *l);

#endif
