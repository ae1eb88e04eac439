// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "idnames.h"
#include "lookup.h"
#include "names.h"
#include "runtimes.h"
#include "users.h"

#define CONTAINERS_MOST 4096
#define USERS_MOST 1024 /* beside those in /etc/passwd */
#define TIMEOUT_MS 2000
#define MOMENT_NS 1000000

struct names {
	int64_t (*now_ns)(void);
	struct idnames users;
	/* two threads: a directory server that hangs keeps no container's name back */
	struct lookup *other_users;
	struct lookup *containers; /* NULL: not wanted */
	struct runtimes *runtimes;
	struct ringside_names found;
	/* of whom that is, and of when, if nothing of it is on its way: then it holds for the records of a moment */
	char cgroup[RS_PATH_SIZE];
	bool cgroup_cut;
	uint32_t uid;
	uint64_t time_ns;
	bool known;
};

static int64_t coarse_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC_COARSE);
}

struct names *names_start(const struct names_options *options)
{
	struct names *names = calloc(1, sizeof(*names));
	struct runtimes_options runtimes = { .verbose = options->verbose };

	if (!names)
		return NULL;
	names->now_ns = options->now_ns ? options->now_ns : coarse_ns;
	names->users.path = options->passwd ? options->passwd : "/etc/passwd";
	names->other_users = lookup_new(&(struct lookup_options){
		.ask = users_ask, .most = USERS_MOST, .now_ns = names->now_ns });
	if (!names->other_users)
		goto no_memory;
	if (!options->containers)
		return names;
	runtimes.timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS;
	runtimes.now_ns = names->now_ns;
	names->runtimes = runtimes_new(&runtimes);
	names->containers = lookup_new(&(struct lookup_options){
		.ask = runtimes_ask, .context = names->runtimes, .most = CONTAINERS_MOST, .now_ns = names->now_ns });
	if (names->runtimes && names->containers)
		return names;
no_memory:
	names_stop(names);
	return NULL;
}

void names_stop(struct names *names)
{
	if (!names)
		return;
	lookup_free(names->other_users);
	if (lookup_free(names->containers))
		runtimes_free(names->runtimes);
	idnames_free(&names->users);
	free(names);
}

static const char *text_or_null(const char *text)
{
	return *text ? text : NULL;
}

static const char *user_of(struct names *names, uint32_t uid)
{
	const char *name = idnames_find(&names->users, uid, names->now_ns());
	struct lookup_question question = {};
	const struct lookup_answer *answer;
	bool settled;

	if (name)
		return name;
	snprintf(question.key, sizeof(question.key), "%u", uid);
	answer = lookup_get(names->other_users, &question, &settled);
	names->known = names->known && settled;
	return answer ? text_or_null(answer->name) : NULL;
}

static void find_container(struct names *names, const struct rs_process *process)
{
	struct ringside_container container;
	struct lookup_question question = {};
	const struct lookup_answer *answer;
	bool settled;

	if (!ringside_container(process, &container))
		return;
	snprintf(question.key, sizeof(question.key), "%s", container.id);
	snprintf(question.hint, sizeof(question.hint), "%s", container.runtime);
	answer = lookup_get(names->containers, &question, &settled);
	names->known = names->known && settled;
	if (!answer)
		return;
	names->found.container = text_or_null(answer->name);
	names->found.pod = text_or_null(answer->pod);
	names->found.pod_namespace = text_or_null(answer->pod_namespace);
}

const struct ringside_names *names_of(struct names *names, const struct ringside_event *event)
{
	const struct rs_process *p = event->process;
	uint64_t time_ns = (uint64_t)event->time_ns;

	if (!p)
		return NULL;
	if (names->known && time_ns - names->time_ns < MOMENT_NS && names->uid == p->uid &&
	    names->cgroup_cut == !!p->cgroup_cut && !memcmp(names->cgroup, p->cgroup, RS_PATH_SIZE))
		return &names->found;
	names->known = true;
	names->found = (struct ringside_names){ .user = user_of(names, p->uid) };
	if (names->containers)
		find_container(names, p);
	names->time_ns = time_ns;
	names->uid = p->uid;
	names->cgroup_cut = p->cgroup_cut;
	memcpy(names->cgroup, p->cgroup, RS_PATH_SIZE);
	return &names->found;
}

bool names_waiting(const struct names *names)
{
	return lookup_waiting(names->other_users) || lookup_waiting(names->containers);
}
