// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* An echo's process is looked up once, not for every packet, and stays what it is until the next batch. */
#include <sys/syscall.h>
#include <linux/fs.h>
#include <time.h>

#include "pinned.h"

static struct ringside_event events[RINGSIDE_BATCH_MAX];

static void make_process(struct rs_process *p, uint32_t pid, uint32_t started)
{
	uint64_t random = rs_process_key(pid, started);

	random_bytes(&random, p, sizeof(*p));
	p->pid = pid;
	p->start_ns = (uint64_t)started << 20;
}

static void add(const struct pinned *flows, uint32_t pid, uint32_t started)
{
	struct rs_process p;

	make_process(&p, pid, started);
	pinned_add_process(flows, &p, rs_process_key(pid, started));
}

static void echo(const struct pinned *eth0, enum rs_origin origin, uint32_t pid, uint32_t started)
{
	struct rs_icmp icmp = { .hdr = { .type = RS_ICMP, .ip_version = 4 }, .icmp_type = 8, .origin = (__u8)origin,
				.pid = pid, .started = started };

	pinned_write(eth0, 0, &icmp);
}

static bool is_process(const struct ringside_event *e, uint32_t pid, uint32_t started)
{
	struct rs_process expected;

	make_process(&expected, pid, started);
	return e->process && !memcmp(e->process, &expected, sizeof(expected));
}

/* Whether the process of one packet is known. */
static bool is_known(struct ringside *r, const struct pinned *eth0, uint32_t pid, uint32_t started)
{
	echo(eth0, RS_ORIGIN_PROCESS, pid, started);
	EQUAL(ringside_next(r, events, RINGSIDE_BATCH_MAX), 1);
	EQUAL(events[0].kind, RINGSIDE_RECORD);
	CHECK(!events[0].process || is_process(&events[0], pid, started));
	return events[0].process;
}

static struct ringside *open_eth0(void)
{
	struct ringside *r = pinned_open("eth0", 0);

	EQUAL(ringside_next(r, events, RINGSIDE_BATCH_MAX), 1);
	EQUAL(events[0].kind, RINGSIDE_ATTACHED);
	pinned_opened = pinned_lookups = 0;
	return r;
}

static void sleep_ms(int ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

/* ------------------------------------------------------------------ once */

/* As long as it lasts less than a second: else a process is asked for again, as it should be. */
static void test_once(const struct pinned *eth0)
{
	struct ringside *r = open_eth0();

	for (int batch = 0; batch < 20; batch++) {
		int n, got = 0;
		for (uint32_t i = 0; i < 600; i++)
			echo(eth0, RS_ORIGIN_PROCESS, 100 + i % 2, 7);
		while ((n = ringside_next(r, events, RINGSIDE_BATCH_MAX)) > 0)
			for (int i = 0; i < n; i++, got++)
				CHECK(is_process(&events[i], 100 + (uint32_t)got % 2, 7));
		EQUAL(got, 600);
		sleep_ms(12); /* longer than a tick of the clock */
	}
	EQUAL(pinned_opened, 1);
	CHECK(pinned_lookups >= 2 && pinned_lookups <= 8);
	ringside_close(r);
}

/* Records that are nobody's, or the kernel's, cost nothing. */
static void test_nobody(const struct pinned *eth0)
{
	struct ringside *r = open_eth0();

	for (uint32_t i = 0; i < 600; i++)
		echo(eth0, i % 2 ? RS_ORIGIN_NONE : RS_ORIGIN_KERNEL, 100, 7);
	EQUAL(ringside_next(r, events, RINGSIDE_BATCH_MAX), 600);
	for (int i = 0; i < 600; i++)
		CHECK(!events[i].process);
	EQUAL(pinned_opened + pinned_lookups, 0);
	ringside_close(r);
}

/* More processes than are remembered, all in one batch: each event has its own, until the next call. */
static void test_many(const struct pinned *eth0)
{
	struct ringside *r = open_eth0();
	uint32_t got = 0;
	int n;

	for (uint32_t i = 0; i < 1000; i++)
		echo(eth0, RS_ORIGIN_PROCESS, 1000 + i % 500, 3);
	while ((n = ringside_next(r, events, RINGSIDE_BATCH_MAX)) > 0) {
		CHECK(n > 100 || got + (uint32_t)n == 1000);
		for (int i = 0; i < n; i++)
			CHECK(is_process(&events[i], 1000 + (got + (uint32_t)i) % 500, 3));
		got += (uint32_t)n;
	}
	EQUAL(got, 1000);
	CHECK(pinned_lookups <= 1000);

	/* nobody is taken for who was remembered in his place */
	for (uint32_t i = 0; i < 500; i++)
		echo(eth0, RS_ORIGIN_PROCESS, 5000 + i, 3);
	EQUAL(ringside_next(r, events, RINGSIDE_BATCH_MAX), 500);
	for (int i = 0; i < 500; i++)
		CHECK(!events[i].process);
	CHECK(pinned_opened <= 5); /* not for each of them */
	ringside_close(r);
}

/* ------------------------------------------------------------------ unknown */

/* Who is not found is asked for at most ten times a second, and found when he is there. */
static void test_unknown(const struct pinned *eth0, const struct pinned *flows)
{
	struct ringside *r = open_eth0();
	struct timespec begin, end;
	int64_t took_ms;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (int i = 0; i < 300; i++) {
		CHECK(!is_known(r, eth0, 55, 1));
		sleep_ms(1);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	took_ms = (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000;
	CHECK(pinned_lookups >= 2 && pinned_lookups <= 2 * (uint64_t)(took_ms / 90 + 2)); /* in the old map and the new */
	CHECK(pinned_opened <= (uint64_t)(took_ms / 90 + 2));
	add(flows, 55, 1);
	sleep_ms(150);
	CHECK(is_known(r, eth0, 55, 1));
	CHECK(!is_known(r, eth0, 55, 2)); /* the same number, another process */
	CHECK(!is_known(r, eth0, 56, 1));
	ringside_close(r);
}

/* A process that has another name now is shown so after a second. */
static void test_fresh(const struct pinned *eth0, const struct pinned *flows)
{
	struct ringside *r = open_eth0();
	char path[256];

	CHECK(is_known(r, eth0, 100, 7));
	snprintf(path, sizeof(path), "%s/%s", flows->path, RS_PIN_PROCESSES);
	int fd = open(path, O_RDWR);
	struct rs_process p;
	make_process(&p, 100, 7);
	strcpy(p.comm, "other");
	CHECK(pwrite(fd, &p, sizeof(p), 8) == sizeof(p)); /* the first one */
	echo(eth0, RS_ORIGIN_PROCESS, 100, 7);
	EQUAL(ringside_next(r, events, 4), 1);
	CHECK(is_process(&events[0], 100, 7));
	sleep_ms(1100);
	echo(eth0, RS_ORIGIN_PROCESS, 100, 7);
	EQUAL(ringside_next(r, events, 4), 1);
	EQUAL_TEXT(events[0].process->comm, "other");
	make_process(&p, 100, 7);
	CHECK(pwrite(fd, &p, sizeof(p), 8) == sizeof(p));
	close(fd);
	ringside_close(r);
}

/* Without flows, or with a map of another layout, there are records without a process. */
static void test_no_map(const struct pinned *eth0, struct pinned *flows)
{
	uint32_t value = pinned_process_value;
	struct ringside *r;
	char hidden[128];

	pinned_process_key = 4;
	r = open_eth0();
	CHECK(!is_known(r, eth0, 100, 7));
	EQUAL(pinned_lookups, 0);
	ringside_close(r);
	pinned_process_key = 8;

	pinned_process_value = sizeof(struct rs_process) - 1;
	r = open_eth0();
	CHECK(!is_known(r, eth0, 100, 7));
	EQUAL(pinned_lookups, 0);
	ringside_close(r);
	pinned_process_value = value;

	snprintf(hidden, sizeof(hidden), "%s/hidden.dir", pinned_root); /* a name that is no source's */
	CHECK(!rename(flows->path, hidden));
	r = open_eth0();
	for (int i = 0; i < 100; i++)
		CHECK(!is_known(r, eth0, 100, 7));
	CHECK(pinned_opened >= 1 && pinned_opened <= 3);
	CHECK(!rename(hidden, flows->path));
	sleep_ms(150);
	CHECK(is_known(r, eth0, 100, 7));
	ringside_close(r);
}

/* The loader puts another directory in the place of flows: from then on its map is asked,
 * also by a reader that follows only an interface and is never idle.
 */
static void test_exchanged(const struct pinned *eth0, struct pinned *flows)
{
	struct pinned other = pinned_new("%new", RS_FLOW_SLOT_SIZE, 1, 16);
	struct ringside *r = open_eth0();

	add(&other, 77, 1);
	CHECK(is_known(r, eth0, 100, 7));
	CHECK(!is_known(r, eth0, 77, 1));
	CHECK(!syscall(SYS_renameat2, AT_FDCWD, other.path, AT_FDCWD, flows->path, RENAME_EXCHANGE));
	sleep_ms(150);
	echo(eth0, RS_ORIGIN_PROCESS, 77, 1);
	EQUAL(ringside_next(r, events, 1), 1); /* not idle, so nobody has looked for news */
	CHECK(is_process(&events[0], 77, 1));
	CHECK(is_known(r, eth0, 100, 7)); /* known before, and not any more there */
	CHECK(!syscall(SYS_renameat2, AT_FDCWD, other.path, AT_FDCWD, flows->path, RENAME_EXCHANGE));
	ringside_close(r);
	pinned_remove(&other);
}

int main(void)
{
	struct pinned flows = pinned_new("flows", RS_FLOW_SLOT_SIZE, 1, 16);
	struct pinned eth0 = pinned_new("eth0", RS_SLOT_SIZE, 1, 4096);

	add(&flows, 100, 7);
	add(&flows, 101, 7);
	for (uint32_t i = 0; i < 500; i++)
		add(&flows, 1000 + i, 3);
	test_once(&eth0);
	test_nobody(&eth0);
	test_many(&eth0);
	test_unknown(&eth0, &flows);
	test_fresh(&eth0, &flows);
	test_no_map(&eth0, &flows);
	test_exchanged(&eth0, &flows);
	pinned_remove(&flows);
	pinned_remove(&eth0);
	pinned_end();
	return 0;
}
