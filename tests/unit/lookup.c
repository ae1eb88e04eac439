// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A question never waits, is asked once while it is under way, and remembered within bounds. */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "lookup.h"
#include "test.h"

static _Atomic int64_t the_time = 1;
static atomic_int asked, held;
static atomic_bool stuck;

static int64_t now(void)
{
	return the_time;
}

/* The key is the answer; those that begin with "-" have none. */
static bool answer_key(void *context, const struct lookup_question *question, struct lookup_answer *answer,
		       int64_t *good_ns, int stop)
{
	struct pollfd fd = { .fd = stop, .events = POLLIN };

	asked++;
	while (held && (stuck || poll(&fd, 1, 0) == 0))
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	*good_ns = 100;
	snprintf(answer->name, sizeof(answer->name), "%s", question->key);
	return question->key[0] != '-';
}

static struct lookup *new_lookup(size_t most)
{
	struct lookup *l = lookup_new(&(struct lookup_options){ .ask = answer_key, .most = most, .now_ns = now });

	CHECK(l);
	asked = held = 0;
	return l;
}

static bool settled; /* what was said last */

static const char *get(struct lookup *l, const char *key)
{
	struct lookup_question question = {};
	const struct lookup_answer *answer;

	snprintf(question.key, sizeof(question.key), "%s", key);
	answer = lookup_get(l, &question, &settled);
	return answer ? answer->name : NULL;
}

static const char *get_at_last(struct lookup *l, const char *key)
{
	const char *name;

	while (!(name = get(l, key)))
		nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
	return name;
}

static void asks_once_and_remembers(void)
{
	struct lookup *l = new_lookup(4);

	CHECK(!get(l, "a"));
	EQUAL_TEXT(get_at_last(l, "a"), "a");
	for (int i = 0; i < 1000; i++)
		EQUAL_TEXT(get(l, "a"), "a");
	EQUAL(asked, 1);
	CHECK(lookup_free(l));
}

static void does_not_wait_nor_ask_twice_while_it_is_asked(void)
{
	struct lookup *l = new_lookup(4);

	held = 1;
	CHECK(!lookup_waiting(l));
	for (int i = 0; i < 100000; i++)
		CHECK(!get(l, "a") && lookup_waiting(l) && !settled);
	held = 0;
	EQUAL_TEXT(get_at_last(l, "a"), "a");
	CHECK(settled);
	EQUAL(asked, 1);
	CHECK(!lookup_waiting(l) && !lookup_waiting(NULL));
	CHECK(lookup_free(l));
}

static void gives_the_old_answer_while_it_asks_again(void)
{
	struct lookup *l = new_lookup(4);

	get_at_last(l, "a");
	held = 1;
	the_time += 99;
	EQUAL_TEXT(get(l, "a"), "a");
	EQUAL(asked, 1);
	CHECK(settled);
	the_time += 1;
	EQUAL_TEXT(get(l, "a"), "a");
	CHECK(!settled);
	while (asked < 2)
		EQUAL_TEXT(get(l, "a"), "a");
	CHECK(!settled);
	held = 0;
	CHECK(lookup_free(l));
}

static void asks_again_for_what_was_not_there(void)
{
	struct lookup *l = new_lookup(4);

	CHECK(!get(l, "-"));
	get_at_last(l, "a"); /* in order: that of "-" has come before */
	for (int i = 0; i < 1000; i++)
		CHECK(!get(l, "-") && settled); /* as well as any other answer */
	EQUAL(asked, 2);
	the_time += 100;
	while (asked < 3)
		CHECK(!get(l, "-"));
	CHECK(lookup_free(l));
}

static void forgets_the_one_not_needed_for_longest(void)
{
	struct lookup *l = new_lookup(3);

	get_at_last(l, "a");
	get_at_last(l, "b");
	get_at_last(l, "c");
	EQUAL_TEXT(get(l, "a"), "a");
	get_at_last(l, "d"); /* in place of b */
	EQUAL(asked, 4);
	EQUAL_TEXT(get(l, "a"), "a");
	EQUAL_TEXT(get(l, "c"), "c");
	EQUAL_TEXT(get(l, "d"), "d");
	EQUAL(asked, 4);
	CHECK(!get(l, "b"));
	CHECK(lookup_free(l));
}

/* Thousands, most of them forgotten before they are answered. */
static void has_no_more_under_way_than_it_may(void)
{
	struct lookup *l = new_lookup(100);
	char key[32];

	held = 1;
	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof(key), "%d", i);
		CHECK(!get(l, key) && !settled);
	}
	held = 0;
	while (asked < LOOKUP_WAITING)
		nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
	nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	EQUAL(asked, LOOKUP_WAITING);
	for (int i = 5000 - 100; i < 5000; i++) {
		snprintf(key, sizeof(key), "%d", i);
		EQUAL_TEXT(get_at_last(l, key), key);
	}
	CHECK(lookup_free(l));
}

/* Against the plainest model there is: every answer is that of its key. */
static void mixes_up_nothing(void)
{
	struct lookup *l = new_lookup(50);
	uint64_t random = random_seed(), known = 0;
	char key[32];

	for (int i = 0; i < 200000; i++) {
		const char *name;

		snprintf(key, sizeof(key), "%s%" PRIu64, random_below(&random, 4) ? "" : "-", random_below(&random, 80));
		the_time += random_below(&random, 2);
		name = get(l, key);
		if (name)
			EQUAL_TEXT(name, key);
		known += name != NULL;
	}
	CHECK(known > 0);
	CHECK(lookup_free(l));
}

/* How many threads there are, and whether all but this one leave signals alone. */
static int threads(bool *deaf)
{
	DIR *d = opendir("/proc/self/task");
	struct dirent *entry;
	int count = 0;

	CHECK(d);
	*deaf = true;
	while ((entry = readdir(d))) {
		char path[300], line[256];
		unsigned long long blocked = 0;
		FILE *f;

		if (entry->d_name[0] == '.')
			continue;
		count++;
		snprintf(path, sizeof(path), "/proc/self/task/%s/status", entry->d_name);
		f = fopen(path, "r");
		CHECK(f);
		while (fgets(line, sizeof(line), f))
			sscanf(line, "SigBlk: %llx", &blocked);
		fclose(f);
		if (atoi(entry->d_name) != getpid())
			*deaf = *deaf && (blocked >> (SIGINT - 1) & 1) && (blocked >> (SIGTERM - 1) & 1);
		else
			EQUAL(blocked, 0);
	}
	closedir(d);
	return count;
}

static void starts_a_thread_with_the_first_question_and_leaves_it_no_signal(void)
{
	bool deaf;
	int before = threads(&deaf);
	struct lookup *l = new_lookup(4);

	EQUAL(threads(&deaf), before);
	get_at_last(l, "a");
	EQUAL(threads(&deaf), before + 1);
	CHECK(deaf);
	CHECK(lookup_free(l));
	CHECK(lookup_free(new_lookup(4))); /* one that was asked nothing */
	CHECK(lookup_free(NULL));
}

static void ends_while_a_question_is_under_way(void)
{
	struct lookup *l = new_lookup(4);

	held = 1;
	get(l, "a");
	while (!asked)
		;
	CHECK(lookup_free(l)); /* ask() heard it */

	l = new_lookup(4);
	held = stuck = 1;
	get(l, "a");
	while (!asked)
		;
	CHECK(!lookup_free(l)); /* ask() heard nothing, and is left alone */
}

int main(void)
{
	alarm(60);
	asks_once_and_remembers();
	does_not_wait_nor_ask_twice_while_it_is_asked();
	gives_the_old_answer_while_it_asks_again();
	asks_again_for_what_was_not_there();
	forgets_the_one_not_needed_for_longest();
	has_no_more_under_way_than_it_may();
	mixes_up_nothing();
	starts_a_thread_with_the_first_question_and_leaves_it_no_signal();
	ends_while_a_question_is_under_way();
	return 0;
}
