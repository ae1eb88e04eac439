// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* wait.c - when to sleep, on what, and for how long. */
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include "follow.h"

/* While records keep coming, a reader sleeps on a timer that doubles: a bell
 * that wakes sixty-four readers for every packet costs more than the packets.
 */
#define NAP_LEAST_NS (RS_BELL_INTERVAL_NS + RS_BELL_INTERVAL_NS / 5)
#define NAP_MOST_NS 8000000
/* How often a reader without inotify looks for new pins. */
#define LOOK_MS 2000

/* ------------------------------------------------------------------ news */

static int watch_fd(struct ringside *r, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = r }; /* not a bell: drained */

	return fd < 0 || epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

int open_watches(struct ringside *r)
{
	struct sockaddr_nl link = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int error;

	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (r->epoll < 0)
		return -errno;
	/* A user may have 128 of these (fs.inotify.max_user_instances). Who comes
	 * after them looks at the pins now and then instead.
	 */
	r->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (r->inotify >= 0)
		watch_fd(r, r->inotify, EPOLLIN);
	/* The pin root is a mount, which inotify does not see come and go. */
	r->mounts = open("/proc/self/mounts", O_RDONLY | O_CLOEXEC);
	error = watch_fd(r, r->mounts, EPOLLPRI | EPOLLET);
	if (error)
		return error;
	/* Where this is forbidden, renamed interfaces keep their old name. */
	r->netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (r->netlink >= 0 && !bind(r->netlink, (struct sockaddr *)&link, sizeof(link)))
		watch_fd(r, r->netlink, EPOLLIN);
	return 0;
}

static void drain(int fd)
{
	char bytes[4096];

	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
}

#define EPOLL_BATCH 16

/* Waits for a bell or for news, and notes what sort of news there is. */
static int take_news(struct ringside *r, int timeout_ms)
{
	struct epoll_event events[EPOLL_BATCH];
	int count = epoll_wait(r->epoll, events, EPOLL_BATCH, timeout_ms);

	for (int i = 0; i < count; i++) {
		if (events[i].data.ptr == r)
			r->stale = r->renamed = true;
		else if (events[i].data.ptr == &r->hangup)
			r->hangup = true;
	}
	if (r->stale) {
		if (r->inotify >= 0)
			drain(r->inotify);
		if (r->netlink >= 0)
			drain(r->netlink);
	}
	return count < 0 ? -errno : count;
}

/* Reads the news about pins and interfaces, without waiting. True: a bell may have been among them, which is told once. */
bool read_news(struct ringside *r)
{
	bool any = false;
	int count;

	do {
		count = take_news(r, 0);
		any = any || count > 0;
	} while (count == EPOLL_BATCH);
	return any;
}

/* ------------------------------------------------------------------ wait */

static int nap(struct ringside *r, int64_t ns, int timeout_ms)
{
	bool late = timeout_ms >= 0 && ns > (int64_t)timeout_ms * 1000000;
	struct timespec t;

	if (late)
		ns = (int64_t)timeout_ms * 1000000;
	t = (struct timespec){ .tv_sec = 0, .tv_nsec = ns };
	if (nanosleep(&t, NULL))
		return -errno;
	/* one that ended early is none: the bell may still be silent */
	r->rested = r->rested || ns >= NAP_LEAST_NS;
	return !late;
}

/* How much of the ring of which most was read since the last call, in 64ths. */
static uint64_t fullest(struct ringside *r)
{
	uint64_t most = 0;

	for (size_t i = 0; i < r->lane_count; i++) {
		struct ring *ring = r->lanes[i].ring;
		uint64_t full = (ring->cursor - ring->waited_at) * 64 / (ring->mask + 1);

		most = full > most ? full : most;
		ring->waited_at = ring->cursor;
	}
	return most;
}

static bool any_ending(const struct ringside *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->sources[i]->ending)
			return true;
	return false;
}

int ringside_wait(struct ringside *r, int timeout_ms)
{
	int count;

	if (r->hangup)
		return -EPIPE;
	if (r->got > 0) {
		/* Records came since the last sleep. The first time this is the look
		 * that the bell's interval asks for; then the naps grow if there was a
		 * record for each interval, so that bells would wake more often, but
		 * never so long that a ring could fill up meanwhile.
		 */
		uint64_t full = fullest(r);
		if (full >= 16)
			r->nap_ns = 0;
		else if (full >= 4 || r->got * RS_BELL_INTERVAL_NS < (uint64_t)r->nap_ns)
			r->nap_ns /= 2;
		else
			r->nap_ns *= 2;
		if (r->nap_ns < NAP_LEAST_NS && full < 16)
			r->nap_ns = NAP_LEAST_NS;
		if (r->nap_ns > NAP_MOST_NS)
			r->nap_ns = NAP_MOST_NS;
		r->got = 0;
		r->rested = false;
		return r->nap_ns ? nap(r, r->nap_ns, timeout_ms) : 1;
	}
	r->nap_ns = 0;
	if (!r->rested) /* a record that came within the bell's interval rang no bell */
		return nap(r, NAP_LEAST_NS, timeout_ms);
	if (r->busy || any_ending(r) || r->notice_count > 0)
		return nap(r, RS_BELL_INTERVAL_NS / 5, timeout_ms);

	bool polls = r->inotify < 0 && (timeout_ms < 0 || timeout_ms > LOOK_MS);
	count = take_news(r, polls ? LOOK_MS : timeout_ms);
	if (r->hangup)
		return -EPIPE;
	if (count == 0 && polls) {
		r->stale = true;
		return 1;
	}
	return count < 0 ? count : count > 0;
}

int ringside_watch_hangup(struct ringside *r, int fd)
{
	/* no events: errors and hangups are reported all the same */
	struct epoll_event event = { .events = EPOLLET, .data.ptr = &r->hangup };

	return epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}
