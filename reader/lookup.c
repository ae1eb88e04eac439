// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include "lookup.h"

#define STUCK_MS 100

struct entry {
	struct entry *next;	     /* in its bucket */
	struct entry *newer, *older; /* by use */
	struct lookup_question question;
	struct lookup_answer answer;
	bool asked; /* and not answered yet */
	bool found;
	int64_t good_until_ns; /* 0: never answered */
};

struct slot {
	struct lookup_question question;
	struct lookup_answer answer;
	int64_t good_ns;
	bool found;
};

struct lookup {
	struct lookup_options options;
	bool running, failed;
	pthread_t thread;
	int wake, stop, gone; /* eventfds; the thread sets the last one when it ends */

	struct entry **buckets; /* a power of two */
	size_t mask, count;
	struct entry *newest, *oldest;
	uint64_t seed;

	/* taken <= answered <= asked <= taken + LOOKUP_WAITING; slots from answered on are
	 * the thread's, all others the caller's
	 */
	uint64_t taken;
	_Atomic uint64_t answered, asked;
	struct slot *slots; /* slot of question n: n % LOOKUP_WAITING */
};

/* ------------------------------------------------------------------ the thread */

static bool stopped(const struct lookup *l)
{
	struct pollfd stop = { .fd = l->stop, .events = POLLIN };

	return poll(&stop, 1, 0) > 0;
}

static void wait_for_questions(const struct lookup *l)
{
	struct pollfd fds[] = { { .fd = l->stop, .events = POLLIN }, { .fd = l->wake, .events = POLLIN } };
	eventfd_t value;

	if (poll(fds, 2, -1) > 0 && fds[1].revents)
		eventfd_read(l->wake, &value);
}

static void *answer_questions(void *context)
{
	struct lookup *l = context;
	uint64_t n = 0;

	while (!stopped(l)) {
		struct slot *slot = &l->slots[n % LOOKUP_WAITING];

		if (n == atomic_load_explicit(&l->asked, memory_order_acquire)) {
			wait_for_questions(l);
			continue;
		}
		memset(&slot->answer, 0, sizeof(slot->answer));
		slot->found = l->options.ask(l->options.context, &slot->question, &slot->answer, &slot->good_ns,
					     l->stop);
		atomic_store_explicit(&l->answered, ++n, memory_order_release);
	}
	eventfd_write(l->gone, 1);
	return NULL;
}

/* ------------------------------------------------------------------ what is remembered */

static struct entry **bucket_of(struct lookup *l, const char *key)
{
	uint64_t hash = l->seed;

	for (; *key; key++) {
		hash = (hash ^ (unsigned char)*key) * 0x9e3779b97f4a7c15;
		hash ^= hash >> 32;
	}
	return &l->buckets[hash & l->mask];
}

static struct entry *find(struct lookup *l, const char *key)
{
	struct entry *e = *bucket_of(l, key);

	while (e && strcmp(e->question.key, key))
		e = e->next;
	return e;
}

static void unlink_use(struct lookup *l, struct entry *e)
{
	*(e->newer ? &e->newer->older : &l->newest) = e->older;
	*(e->older ? &e->older->newer : &l->oldest) = e->newer;
}

static void link_newest(struct lookup *l, struct entry *e)
{
	e->newer = NULL;
	e->older = l->newest;
	*(l->newest ? &l->newest->newer : &l->oldest) = e;
	l->newest = e;
}

/* Unlinked and cleared; NULL: no memory. */
static struct entry *entry_new(struct lookup *l)
{
	struct entry *e = l->oldest, **in;

	if (l->count < l->options.most) {
		e = malloc(sizeof(*e));
		if (!e)
			return NULL;
		l->count++;
	} else {
		for (in = bucket_of(l, e->question.key); *in != e; in = &(*in)->next)
			;
		*in = e->next;
		unlink_use(l, e);
	}
	memset(e, 0, sizeof(*e));
	return e;
}

static struct entry *entry_of(struct lookup *l, const struct lookup_question *question)
{
	struct entry *e = find(l, question->key), **in;

	if (e) {
		if (e != l->newest) {
			unlink_use(l, e);
			link_newest(l, e);
		}
		return e;
	}
	e = entry_new(l);
	if (!e)
		return NULL;
	e->question = *question;
	in = bucket_of(l, question->key);
	e->next = *in;
	*in = e;
	link_newest(l, e);
	return e;
}

/* ------------------------------------------------------------------ the caller */

static void take_answers(struct lookup *l, int64_t now)
{
	uint64_t answered = atomic_load_explicit(&l->answered, memory_order_acquire);

	for (; l->taken < answered; l->taken++) {
		const struct slot *slot = &l->slots[l->taken % LOOKUP_WAITING];
		struct entry *e = find(l, slot->question.key);

		if (!e) /* forgotten meanwhile */
			continue;
		e->asked = false;
		e->good_until_ns = now + slot->good_ns;
		if (slot->found) {
			e->answer = slot->answer;
			e->found = true;
		}
	}
}

static void ask(struct lookup *l, struct entry *e)
{
	uint64_t n = atomic_load_explicit(&l->asked, memory_order_relaxed);

	if (n - l->taken == LOOKUP_WAITING)
		return;
	l->slots[n % LOOKUP_WAITING].question = e->question;
	e->asked = true;
	atomic_store_explicit(&l->asked, n + 1, memory_order_release);
	eventfd_write(l->wake, 1);
}

/* Signals are for the caller's thread, whose waiting they end. */
static bool start_thread(struct lookup *l)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&l->thread, NULL, answer_questions, l);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return !error;
}

static bool start(struct lookup *l)
{
	size_t buckets = 1;

	if (l->running || l->failed)
		return l->running;
	while (buckets < l->options.most)
		buckets *= 2;
	l->mask = buckets - 1;
	l->buckets = calloc(buckets, sizeof(struct entry *));
	l->slots = calloc(LOOKUP_WAITING, sizeof(struct slot));
	l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	l->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (getrandom(&l->seed, sizeof(l->seed), GRND_NONBLOCK) < 0)
		l->seed = (uintptr_t)l->slots;
	l->gone = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	l->running = l->buckets && l->slots && l->wake >= 0 && l->stop >= 0 && l->gone >= 0 && start_thread(l);
	l->failed = !l->running; /* records go without names then */
	return l->running;
}

const struct lookup_answer *lookup_get(struct lookup *l, const struct lookup_question *question, bool *settled)
{
	int64_t now = l->options.now_ns();
	struct entry *e;
	bool due;

	*settled = true;
	if (!start(l))
		return NULL;
	take_answers(l, now);
	e = entry_of(l, question);
	if (!e)
		return NULL;
	due = e->good_until_ns == 0 || now >= e->good_until_ns;
	if (due && !e->asked)
		ask(l, e);
	*settled = !due; /* it stays due until there is an answer */
	return e->found ? &e->answer : NULL;
}

bool lookup_waiting(const struct lookup *l)
{
	return l && l->running && atomic_load_explicit(&l->answered, memory_order_relaxed) !=
				  atomic_load_explicit(&l->asked, memory_order_relaxed);
}

struct lookup *lookup_new(const struct lookup_options *options)
{
	struct lookup *l = calloc(1, sizeof(*l));

	if (l) {
		l->options = *options;
		l->wake = l->stop = l->gone = -1;
	}
	return l;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

bool lookup_free(struct lookup *l)
{
	struct pollfd gone;

	if (!l)
		return true;
	if (l->running) {
		eventfd_write(l->stop, 1);
		gone = (struct pollfd){ .fd = l->gone, .events = POLLIN };
		if (poll(&gone, 1, STUCK_MS) != 1)
			return false;
		pthread_join(l->thread, NULL);
	}
	while (l->newest) {
		struct entry *e = l->newest;

		l->newest = e->older;
		free(e);
	}
	close_fd(l->wake);
	close_fd(l->stop);
	close_fd(l->gone);
	free(l->buckets);
	free(l->slots);
	free(l);
	return true;
}
