// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* main.c - ringside-ntopng: waits for lines, for ntopng, for the clock; none of them holds up another. */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "exporter.h"
#include "lines.h"

#define LAST_WORDS_MS 300   /* Ctrl-C ends the reader too, and it says something before */
#define END_MS 3000	    /* for which ntopng is waited for when the input has ended, */
#define STOPPED_MS 1000	    /* and after a signal */
#define TICK_MS 1000
#define BLOCKED_MS 10

static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
	stop++;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

struct program {
	struct options options;
	struct exporter exporter;
	struct lines input;
	bool input_ended, stopped;
	int64_t input_until_ms, end_ms; /* 0: not yet known */
	int64_t tick_ms;
	int code;
};

/* ------------------------------------------------------------------ standard input */

static void end_input(struct program *p, int64_t now)
{
	const char *line;
	size_t length;

	p->input_ended = true;
	line = lines_next(&p->input, &length, true);
	if (line)
		exporter_line(&p->exporter, line, length, now);
	p->end_ms = now + (p->stopped ? STOPPED_MS : END_MS);
}

static void read_input(struct program *p, int64_t now)
{
	const char *line;
	size_t length;
	long got = lines_read(&p->input, STDIN_FILENO);
	uint64_t too_long = p->input.too_long;

	if (got == -EAGAIN || got == -EINTR)
		return;
	if (got < 0) {
		errno = (int)-got;
		warn("read standard input");
		p->code = 1;
	}
	if (got <= 0) {
		end_input(p, now);
		return;
	}
	while ((line = lines_next(&p->input, &length, false)))
		if (length)
			exporter_line(&p->exporter, line, length, now);
	p->exporter.bad += p->input.too_long - too_long;
}

/* ------------------------------------------------------------------ waiting */

static int64_t earlier(int64_t a, int64_t b)
{
	return b && b < a ? b : a;
}

static int64_t due_ms(const struct program *p, int64_t now)
{
	int64_t due = p->tick_ms;

	due = earlier(due, p->input_ended ? p->end_ms : p->input_until_ms);
	if (sender_is_blocked(&p->exporter.sender))
		due = earlier(due, now + BLOCKED_MS);
	return due;
}

static void wait_for_something(struct program *p, const sigset_t *unblocked)
{
	int fds[SENDER_FDS];
	struct pollfd polled[1 + SENDER_FDS] = { { .fd = p->input_ended ? -1 : STDIN_FILENO, .events = POLLIN } };
	int64_t now = now_ms(), wait = due_ms(p, now) - now;
	struct timespec timeout = { .tv_sec = wait > 0 ? wait / 1000 : 0, .tv_nsec = wait > 0 ? wait % 1000 * 1000000 : 0 };

	sender_fds(&p->exporter.sender, fds);
	for (int i = 0; i < SENDER_FDS; i++)
		polled[1 + i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	if (ppoll(polled, 1 + SENDER_FDS, &timeout, unblocked) > 0 && polled[0].revents)
		read_input(p, now_ms());
}

/* ------------------------------------------------------------------ main */

static void tick(struct program *p, int64_t now)
{
	if (now < p->tick_ms)
		return;
	p->tick_ms = now + TICK_MS;
}

/* The first signal lets the reader finish its sentence, the second does not. */
static void heed_signals(struct program *p, int64_t now)
{
	if (!stop)
		return;
	if (!p->stopped) {
		p->stopped = true;
		p->input_until_ms = now + LAST_WORDS_MS;
		if (p->input_ended)
			p->end_ms = now + STOPPED_MS;
	}
	if (!p->input_ended && (now >= p->input_until_ms || stop > 1))
		end_input(p, now);
	if (stop > 1)
		p->end_ms = now;
}

static bool is_done(const struct program *p, int64_t now)
{
	return p->input_ended && (!p->exporter.sender.queue.count || now >= p->end_ms);
}

static void run(struct program *p, const sigset_t *unblocked)
{
	int64_t now = now_ms();

	p->tick_ms = now + TICK_MS;
	sender_work(&p->exporter.sender);
	while (!is_done(p, now)) {
		wait_for_something(p, unblocked);
		sender_work(&p->exporter.sender);
		now = now_ms();
		tick(p, now);
		exporter_say(&p->exporter, now);
		heed_signals(p, now);
	}
}

int main(int argc, char **argv)
{
	static struct program program;
	struct program *p = &program;
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t blocked, unblocked;
	int64_t left;
	int code;

	if (options_parse(argc, argv, &p->options, &code))
		return code;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &unblocked); /* they come while it waits, and only then */
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (lines_open(&p->input))
		err(1, "input");
	if (exporter_open(&p->exporter, &p->options))
		return 1;

	run(p, &unblocked);
	left = p->end_ms - now_ms();
	sender_give_up(&p->exporter.sender);
	exporter_account(&p->exporter);
	exporter_close(&p->exporter, left > 0 ? (int)left : 0);
	lines_close(&p->input);
	return p->code;
}
