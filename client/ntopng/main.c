// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* main.c - ringside-ntopng: waits for lines, for ntopng, for the clock; none of them holds up another. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
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
	int64_t tick_ms, netstat_ms, counters_ms;
	bool reads_sockets;
	int code;
};

/* ------------------------------------------------------------------ standard input */

static void end_input(struct program *p)
{
	char *line;
	size_t length;

	p->input_ended = true;
	line = lines_next(&p->input, &length, true);
	if (line)
		exporter_line(&p->exporter, line, length);
	p->end_ms = p->exporter.now_ms + (p->stopped ? STOPPED_MS : END_MS);
}

static void read_input(struct program *p)
{
	char *line;
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
		end_input(p);
		return;
	}
	while ((line = lines_next(&p->input, &length, false)))
		if (length)
			exporter_line(&p->exporter, line, length);
	p->exporter.bad += p->input.too_long - too_long;
}

/* ------------------------------------------------------------------ waiting */

static int64_t earlier(int64_t a, int64_t b)
{
	return b && b < a ? b : a;
}

static int64_t due_ms(const struct program *p)
{
	int64_t now = p->exporter.now_ms, due = p->tick_ms;

	if (p->reads_sockets)
		return now;
	due = earlier(earlier(due, p->netstat_ms), p->counters_ms);
	due = earlier(due, p->input_ended ? p->end_ms : p->input_until_ms);
	if (sender_is_blocked(&p->exporter.sender))
		due = earlier(due, now + BLOCKED_MS);
	return due;
}

static void wait_for_something(struct program *p, const sigset_t *unblocked)
{
	int fds[SENDER_FDS];
	struct pollfd polled[1 + SENDER_FDS] = { { .fd = p->input_ended ? -1 : STDIN_FILENO, .events = POLLIN } };
	int64_t wait = due_ms(p) - p->exporter.now_ms;
	struct timespec timeout = { .tv_sec = wait > 0 ? wait / 1000 : 0, .tv_nsec = wait > 0 ? wait % 1000 * 1000000 : 0 };

	sender_fds(&p->exporter.sender, fds);
	for (int i = 0; i < SENDER_FDS; i++)
		polled[1 + i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	if (ppoll(polled, 1 + SENDER_FDS, &timeout, unblocked) < 0)
		polled[0].revents = 0;
	p->exporter.now_ms = now_ms();
	if (polled[0].revents)
		read_input(p);
}

/* ------------------------------------------------------------------ main */

/* Whether it is time; if so, when the next is. What was missed is not made up for. */
static bool is_due(int64_t *at_ms, int64_t now, int64_t interval_ms)
{
	if (!*at_ms || now < *at_ms)
		return false;
	*at_ms += interval_ms;
	if (*at_ms <= now)
		*at_ms = now + interval_ms;
	return true;
}

static void do_what_is_due(struct program *p)
{
	struct exporter *e = &p->exporter;

	if (is_due(&p->tick_ms, e->now_ms, TICK_MS))
		exporter_probe(e);
	if (is_due(&p->counters_ms, e->now_ms, (int64_t)(p->options.counters * 1000)))
		exporter_counters(e);
	if (is_due(&p->netstat_ms, e->now_ms, (int64_t)(p->options.netstat * 1000)))
		exporter_netstat(e);
	p->reads_sockets = p->netstat_ms && exporter_netstat_step(e);
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
		end_input(p);
	if (stop > 1)
		p->end_ms = now;
}

static bool is_done(const struct program *p, int64_t now)
{
	return p->input_ended && (!p->exporter.sender.queue.count || now >= p->end_ms);
}

static void run(struct program *p, const sigset_t *unblocked)
{
	struct exporter *e = &p->exporter;

	e->now_ms = now_ms();
	p->tick_ms = e->now_ms + TICK_MS;
	p->counters_ms = p->options.counters > 0 ? e->now_ms + (int64_t)(p->options.counters * 1000) : 0;
	p->netstat_ms = p->options.netstat > 0 ? e->now_ms + (int64_t)(p->options.netstat * 1000) : 0;
	sender_work(&e->sender);
	while (!is_done(p, e->now_ms)) {
		wait_for_something(p, unblocked);
		do_what_is_due(p);
		sender_work(&e->sender); /* last: the socket's descriptor wakes once, and anything done with the socket uses that up */
		exporter_say(e);
		heed_signals(p, e->now_ms);
	}
}

/* What is opened later must not become standard input or error. */
static void open_standard_descriptors(void)
{
	int fd;

	while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= STDERR_FILENO)
		;
	close(fd);
}

int main(int argc, char **argv)
{
	static struct program program;
	struct program *p = &program;
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t blocked, unblocked;
	int64_t left;
	int code;

	open_standard_descriptors();
	if (options_parse(argc, argv, &p->options, &code))
		return code;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &unblocked); /* they come while it waits, and only then */
	sigdelset(&unblocked, SIGINT);
	sigdelset(&unblocked, SIGTERM);
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
