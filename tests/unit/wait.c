// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A reader's naps grow while records keep coming, and end before a ring could fill up, however few are taken at once. */
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#include "follow.h"
#include "pinned.h"

#define SLOTS 4096
#define LEAST (RS_BELL_INTERVAL_NS * 6 / 5)
#define MOST 8000000

static int64_t slept_ns;
static bool disturbed; /* by a signal */

int nanosleep(const struct timespec *time, struct timespec *left)
{
	slept_ns = time->tv_sec * 1000000000LL + time->tv_nsec;
	errno = EINTR;
	return disturbed ? -1 : 0;
}

/* What happens between the look at the rings and the one at the bell. */
static void (*meanwhile)(void);

int epoll_wait(int epoll, struct epoll_event *events, int max, int timeout_ms)
{
	if (!meanwhile)
		return epoll_pwait(epoll, events, max, timeout_ms, NULL);
	meanwhile();
	meanwhile = NULL;
	events[0] = (struct epoll_event){ .events = EPOLLOUT }; /* the bell, once */
	return 1;
}

static void write_records(const struct pinned *eth0, uint32_t cpu, int count)
{
	struct rs_icmp icmp = { .hdr = { .type = RS_ICMP, .ip_version = 4 } };

	for (int i = 0; i < count; i++)
		pinned_write(eth0, cpu, &icmp);
}

/* For how long it sleeps after COUNT records of a CPU and a few of another, -1: not at all. */
static int64_t sleeps(struct ringside *r, const struct pinned *eth0, int count, size_t at_once)
{
	static struct ringside_event events[RINGSIDE_BATCH_MAX];
	static uint32_t cpu;

	cpu = !cpu;
	write_records(eth0, cpu, count);
	write_records(eth0, !cpu, count > SLOTS / 64 ? SLOTS / 64 : 0);
	while (ringside_next(r, events, at_once) > 0)
		;
	slept_ns = -1;
	EQUAL(ringside_wait(r, -1), 1);
	return slept_ns;
}

static void test_naps(size_t at_once)
{
	struct pinned eth0 = pinned_new("eth0", RS_SLOT_SIZE, 2, SLOTS);
	struct ringside *r;

	write_records(&eth0, 1, SLOTS); /* before it came */
	r = pinned_open("eth0", 0);
	WHERE("%zu at once", at_once);
	EQUAL(sleeps(r, &eth0, 1, at_once), LEAST);
	for (int64_t nap = 2 * LEAST; nap < MOST; nap *= 2)
		EQUAL(sleeps(r, &eth0, SLOTS / 64, at_once), nap);
	EQUAL(sleeps(r, &eth0, SLOTS / 64, at_once), MOST);
	EQUAL(sleeps(r, &eth0, SLOTS / 64, at_once), MOST);
	EQUAL(sleeps(r, &eth0, SLOTS / 16 - 1, at_once), MOST);
	/* a sixteenth of the ring while it slept */
	EQUAL(sleeps(r, &eth0, SLOTS / 16, at_once), MOST / 2);
	EQUAL(sleeps(r, &eth0, SLOTS / 4 - 1, at_once), MOST / 4);
	/* a quarter, or all of it and more */
	EQUAL(sleeps(r, &eth0, SLOTS / 4, at_once), -1);
	EQUAL(sleeps(r, &eth0, 3 * SLOTS, at_once), -1);
	EQUAL(sleeps(r, &eth0, 0, at_once), LEAST); /* nothing more: it looks again before it trusts the bell */
	EQUAL(sleeps(r, &eth0, 2, at_once), LEAST);
	/* few for so long a time: bells would wake it less often */
	EQUAL(sleeps(r, &eth0, SLOTS / 64, at_once), 2 * LEAST);
	EQUAL(sleeps(r, &eth0, 1, at_once), LEAST);
	ringside_close(r);
	pinned_remove(&eth0);
	test_where[0] = '\0';
}

static struct pinned late;

static void write_one(void)
{
	write_records(&late, 0, 1);
}

/* Its bell is heard when the news is read, and nothing rings for it again. */
static void test_record_after_the_look(void)
{
	static struct ringside_event events[64];
	struct ringside *r;

	late = pinned_new("eth0", RS_SLOT_SIZE, 1, SLOTS);
	r = pinned_open("eth0", 0);
	while (ringside_next(r, events, 64) > 0)
		;
	meanwhile = write_one;
	EQUAL(ringside_next(r, events, 64), 1);
	EQUAL(events[0].kind, RINGSIDE_RECORD);
	EQUAL(ringside_next(r, events, 64), 0);
	ringside_close(r);
	pinned_remove(&late);
}

/* Woken early, it does not trust the bell yet: a record within the interval rings none. */
static void test_nap_that_ends_early(void)
{
	static struct ringside_event events[64];
	struct pinned eth0 = pinned_new("eth0", RS_SLOT_SIZE, 1, SLOTS);
	struct ringside *r = pinned_open("eth0", 0);

	for (int signal = 0; signal < 2; signal++) {
		WHERE("by a %s", signal ? "signal" : "timeout");
		write_records(&eth0, 0, 1);
		while (ringside_next(r, events, 64) > 0)
			;
		for (int i = 0; i < 3; i++) {
			slept_ns = -1;
			disturbed = signal;
			EQUAL(ringside_wait(r, signal ? -1 : 0), signal ? -EINTR : 0);
			EQUAL(slept_ns, signal ? LEAST : 0);
			EQUAL(ringside_next(r, events, 64), 0);
		}
		slept_ns = -1;
		disturbed = false;
		EQUAL(ringside_wait(r, 1), 1);
		EQUAL(slept_ns, LEAST);
		slept_ns = -1;
		EQUAL(ringside_wait(r, 0), 0); /* the bell */
		EQUAL(slept_ns, -1);
	}
	ringside_close(r);
	pinned_remove(&eth0);
	test_where[0] = '\0';
}

/* Somebody who touches the pins without a pause does not keep a reader from what it does when all is read. */
static void test_news_without_end(void)
{
	static struct ringside_event events[64];
	struct pinned eth0 = pinned_new("eth0", RS_SLOT_SIZE, 1, SLOTS);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	struct ringside *r = pinned_open("eth0", 0);
	int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);

	/* as news that are never read up: somebody who waits to be accepted */
	CHECK(!bind(listener, (struct sockaddr *)&address, length) && !listen(listener, 1));
	CHECK(!getsockname(listener, (struct sockaddr *)&address, &length));
	CHECK(!connect(client, (struct sockaddr *)&address, length));
	CHECK(!epoll_ctl(r->epoll, EPOLL_CTL_ADD, listener, &(struct epoll_event){ .events = EPOLLIN, .data.ptr = r }));
	alarm(60);
	while (ringside_next(r, events, 64) > 0)
		;
	write_records(&eth0, 0, 1);
	EQUAL(ringside_next(r, events, 64), 1);
	EQUAL(ringside_next(r, events, 64), 0);
	close(client);
	close(listener);
	ringside_close(r);
	pinned_remove(&eth0);
}

int main(void)
{
	test_naps(1);
	test_naps(64);
	test_naps(RINGSIDE_BATCH_MAX);
	test_record_after_the_look();
	test_nap_that_ends_early();
	test_news_without_end();
	pinned_end();
	return 0;
}
