/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * follow.h - the state of a follower, which four files share: sources.c knows
 * which rings there are, follow.c whose record is next, processes.c whose packet
 * it was, wait.c when to sleep.
 */
#ifndef RINGSIDE_FOLLOW_H
#define RINGSIDE_FOLLOW_H

#include <stdbool.h>

#include "clock.h"
#include "open.h"
#include "ring.h"
#include "ringside.h"

struct followed {
	struct ringside_source pub; /* first: callers hold pointers to it */
	char dir[RS_SOURCE_NAME_MAX];
	struct ring_map map;
	struct ring *rings; /* about.cpus of them */
	bool ending;	    /* not pinned any more: read to the end, then close */
	bool ended;	    /* close at the next call */
	bool gone;	    /* its interface was removed */
	int64_t ending_since_ns;
	int64_t offset_ns; /* from CLOCK_BOOTTIME to Unix time */
};

struct lane {
	uint64_t ts_ns;
	struct ring *ring;
	struct followed *source;
	uint32_t cpu;
};

struct refused {
	char dir[RS_SOURCE_NAME_MAX];
	int error;
};

/* Records lie one behind the other, and what was looked up for them in between, so
 * that small ones touch little memory. There is always room for the largest.
 */
#define BATCH_BYTES (RINGSIDE_BATCH_MAX * RS_SLOT_SIZE + RS_FLOW_SLOT_SIZE)

/* What was last found under one of many keys. */
#define KNOWN_BITS 7
struct known_process {
	uint64_t key;
	int64_t asked_ns; /* CLOCK_MONOTONIC */
	bool found;
	struct rs_process *process; /* if found */
	const struct rs_process *copy; /* in the batch of this number */
	uint64_t batch;
};

struct ringside {
	char *root;
	char **wanted; /* NULL-terminated; NULL: all */
	unsigned int flags;
	struct followed **sources;
	size_t count;
	struct lane *lanes; /* one for each ring, those that are ready first */
	size_t lane_count;
	unsigned char *batch;
	size_t batch_used; /* bytes */
	uint64_t batch_number; /* from 1 */
	struct process_map processes;
	int64_t processes_opened_ns; /* or tried to */
	struct known_process known[1 << KNOWN_BITS];
	struct ringside_event *notices; /* not yet handed out */
	size_t notice_count;
	struct refused *refused; /* said once each */
	size_t refused_count;
	int epoll, inotify, mounts, netlink;
	bool stale;   /* something may have changed in the pin root */
	bool renamed; /* something may have changed among the interfaces */
	bool started; /* the first look is over: what comes now is followed whole */
	bool hangup;  /* nobody reads what the caller writes */
	bool busy;    /* a record was begun and is not there yet */
	uint64_t got; /* records since the last wait */
	int64_t nap_ns;
	bool rested;  /* slept for the bell's interval since the last record */
	int64_t clock_at_ns;
};

/* sources.c: what is pinned is compared with what is followed, and events say what changed */
void reconcile(struct ringside *r);
void current_names(struct ringside *r);
void drop_ended(struct ringside *r);
void followed_free(struct followed *f);
void notice_source(struct ringside *r, enum ringside_kind kind, struct followed *f);

/* processes.c: NULL: not known, or not to this reader */
const struct rs_process *process_of(struct ringside *r, const struct rs_icmp *icmp);
void forget_processes(struct ringside *r);

/* wait.c: the descriptors that tell of news */
int open_watches(struct ringside *r);
bool read_news(struct ringside *r);

#endif
