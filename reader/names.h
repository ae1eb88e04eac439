/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* names.h - users and containers by name, as far as this user may learn them. */
#ifndef RINGSIDE_NAMES_H
#define RINGSIDE_NAMES_H

#include <stdbool.h>

#include "ringside.h"

struct names_options {
	bool containers;
	bool verbose;
	/* for tests; 0: as usual */
	int64_t (*now_ns)(void);
	const char *passwd;
	int timeout_ms;
};

struct names;

/* Costs nothing before the first question. NULL: no memory. */
struct names *names_start(const struct names_options *options);

/* Accepts NULL. Leaves a thread that is stuck to the end of the process. */
void names_stop(struct names *names);

/*
 * Never waits: what is not known yet is asked for in the background, and there the
 * next time. NULL: the event has no process. Good until the next call.
 */
const struct ringside_names *names_of(struct names *names, const struct ringside_event *event);

/* Whether an answer is on its way. */
bool names_waiting(const struct names *names);

#endif
