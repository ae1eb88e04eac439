// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* processes.c - whose packet it is: records with a key are given the process, one system call for many. */
#include <stdlib.h>
#include <string.h>

#include "follow.h"

/* What was found may have changed its name since; what was not may come. */
#define FRESH_NS 1000000000
#define RETRY_NS 100000000

/* The loader exchanges the whole source: a map that does not know may be the old one. */
static const struct rs_process *ask(struct ringside *r, uint64_t key, int64_t now)
{
	const struct rs_process *found = look_up_process(&r->processes, key);

	if (found || now - r->processes_opened_ns < RETRY_NS)
		return found;
	r->processes_opened_ns = now;
	close_processes(&r->processes);
	return open_processes(r->root, &r->processes) ? NULL : look_up_process(&r->processes, key);
}

static void refresh(struct ringside *r, struct known_process *k)
{
	int64_t now = clock_ns(CLOCK_MONOTONIC_COARSE);
	const struct rs_process *found;

	if (now - k->asked_ns < (k->found ? FRESH_NS : RETRY_NS))
		return;
	k->asked_ns = now;
	found = ask(r, k->key, now);
	if (found && !k->process)
		k->process = malloc(sizeof(*k->process));
	if (!found || !k->process)
		return; /* what was known stays true: it is of this key alone */
	memcpy(k->process, found, sizeof(*k->process));
	k->found = true;
}

/* Events keep a copy in the batch, so that no later record takes it from them. */
const struct rs_process *process_of(struct ringside *r, const struct rs_icmp *icmp)
{
	uint64_t key = rs_process_key(icmp->pid, icmp->started);
	struct known_process *k = &r->known[key * 0x9e3779b97f4a7c15 >> (64 - KNOWN_BITS)];

	if (k->key != key) {
		k->key = key;
		k->asked_ns = INT64_MIN / 2;
		k->found = false;
		k->batch = 0;
	}
	if (k->batch == r->batch_number)
		return k->copy;
	refresh(r, k);
	if (!k->found)
		return NULL;
	k->batch = r->batch_number;
	k->copy = memcpy(r->batch + r->batch_used, k->process, sizeof(*k->process));
	r->batch_used += sizeof(*k->process);
	return k->copy;
}

void forget_processes(struct ringside *r)
{
	close_processes(&r->processes);
	for (size_t i = 0; i < 1 << KNOWN_BITS; i++)
		free(r->known[i].process);
}
