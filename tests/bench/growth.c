// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * growth.c - what grows with what: a straight line or a flat one, and its slope.
 *
 *	growth SERIES X,X,... ROUNDS SECONDS SETUP READER...
 *	growth count SOURCE...        reads and counts, through the library, and makes no lines
 *
 * SERIES says what X is: "ring" MiB of it, "sources", "readers", or "rate" (records a
 * second; where it is not X, 100,000). For each X, ROUNDS times in turn, the shell command SETUP X
 * loads the sources g0, g1, ...; the readers start, and records are made for SECONDS by
 * BPF_PROG_TEST_RUN, a thousandth of the rate each millisecond: no sender on two CPUs goes as
 * fast as the programs do. SETUP off takes away what was loaded. A slope is that of the least squares of one round.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/prctl.h>

#include "bench.h"
#include "ringside.h"

#define POINTS_MAX 12
#define ROUNDS_MAX 50
#define SOURCES_MAX 64
#define USUAL_RATE 100000

static const unsigned char echo4[] = {
	0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x00,
	0x45, 0, 0, 84, 0, 1, 0, 0, 64, 1, 0, 0, 192, 168, 1, 100, 10, 9, 0, 2,
	8, 0, 0, 0, 0x12, 0x34, 0x00, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};

enum { LOAD, START, WRITE, ONE, ALL_SHARE, PRIVATE, LOST, HELD, METRICS };
static const struct { const char *key, *name, *unit; } metrics[METRICS] = {
	[LOAD] = { "load_ms", "loading", "ms" },
	[START] = { "start_ms", "until a reader follows", "ms" },
	[WRITE] = { "write_ns", "a record in the kernel", "ns" },
	[ONE] = { "reader_ns", "a record in a reader", "ns" },
	[ALL_SHARE] = { "cpu_percent", "the readers' share of a CPU", "%" },
	[PRIVATE] = { "private_kib", "a reader's private memory", "KiB" },
	[LOST] = { "lost", "lost", "records" },
	[HELD] = { "held", "rate held", "records/s" },
};

/* Metrics that should be a line, in these series. By the rate most are not: a fixed cost is divided by it. */
static const char *const lines[METRICS] = {
	[LOAD] = "ring sources", [START] = "ring sources readers", [WRITE] = "ring sources readers",
	[ONE] = "ring sources readers", [ALL_SHARE] = "readers rate", [PRIVATE] = "ring sources readers",
};

static double all[METRICS][POINTS_MAX][ROUNDS_MAX];

/* ------------------------------------------------------------------ a reader that only counts */

static volatile sig_atomic_t ended;

static void end(int number)
{
	ended = 1;
}

static int count(char **sources)
{
	static struct ringside_event events[RINGSIDE_BATCH_MAX];
	struct ringside_options options = { .size = sizeof(options), .sources = (const char *const *)sources };
	uint64_t printed = 0, lost = 0;
	struct ringside *r;
	int n;

	signal(SIGTERM, end);
	if (ringside_open(&r, &options))
		return 1;
	for (;;) {
		n = ringside_next(r, events, RINGSIDE_BATCH_MAX);
		if (n < 0 || (n == 0 && ended))
			break;
		if (n == 0)
			ringside_wait(r, -1);
		for (int i = 0; i < n; i++) {
			printed += events[i].kind == RINGSIDE_RECORD;
			lost += events[i].kind == RINGSIDE_LOST ? events[i].count : 0;
			if (events[i].kind == RINGSIDE_ATTACHED)
				dprintf(2, "following\n");
		}
	}
	dprintf(3, "{\"printed\":%llu,\"lost\":%llu}\n", (unsigned long long)printed, (unsigned long long)lost);
	ringside_close(r);
	return 0;
}

/* ------------------------------------------------------------------ measuring */

static int open_programs(int *programs, int n)
{
	for (int i = 0; i < n; i++) {
		char path[64];
		snprintf(path, sizeof(path), "/run/ringside/g%d/root/xdp", i);
		programs[i] = bpf_obj_get(path);
		if (programs[i] < 0)
			err(1, "open %s", path);
	}
	return n;
}

/* Returns how many were written; what the program calls took is added to *NS. */
static uint64_t drive(const int *programs, int n, int rate, double seconds, int64_t *ns)
{
	int64_t start = bench_clock_ns(CLOCK_MONOTONIC), end = start + (int64_t)(seconds * 1e9), at = start;
	uint64_t written = 0;
	double owed = 0;

	for (int i = 0; bench_clock_ns(CLOCK_MONOTONIC) < end; i = (i + 1) % n, at += 1000000) {
		struct timespec t = { .tv_sec = at / 1000000000, .tv_nsec = at % 1000000000 };
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = echo4, .data_size_in = sizeof(echo4));
		int64_t before;

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		owed += rate / 1000.0;
		opts.repeat = (int)owed;
		if (opts.repeat == 0)
			continue;
		before = bench_clock_ns(CLOCK_THREAD_CPUTIME_ID);
		if (bpf_prog_test_run_opts(programs[i], &opts))
			err(1, "BPF_PROG_TEST_RUN");
		*ns += bench_clock_ns(CLOCK_THREAD_CPUTIME_ID) - before;
		owed -= opts.repeat;
		written += (uint64_t)opts.repeat;
	}
	return written;
}

/* All but the ring, which is everybody's. */
static double private_kib(pid_t pid)
{
	char path[64], line[512], type[8];
	unsigned long from, to;
	double sum = 0, kib;
	bool ring = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, type) == 3)
			ring = strstr(line, "bpf-map");
		else if (!ring && (sscanf(line, "Private_Clean: %lf", &kib) == 1 || sscanf(line, "Private_Dirty: %lf", &kib) == 1))
			sum += kib;
	}
	if (file)
		fclose(file);
	return sum;
}

static uint64_t field(const char *line, const char *name)
{
	const char *at = strstr(line, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static void account(struct bench_crowd *crowd, int expected, uint64_t *delivered, uint64_t *lost)
{
	FILE *file = fdopen(dup(crowd->last), "r");
	char line[4096];
	int said = 0;

	*delivered = *lost = 0;
	while (fgets(line, sizeof(line), file)) {
		*delivered += field(line, "\"printed\":");
		*lost += field(line, "\"lost\":");
		said++;
	}
	fclose(file);
	if (said != expected)
		errx(1, "%d of %d accounts of what was read", said, expected);
}

static double ms_since(int64_t start)
{
	return (double)(bench_clock_ns(CLOCK_MONOTONIC) - start) / 1e6;
}

static void take(const char *series, int x, double seconds, const char *setup, char **reader, int words, double *into)
{
	int programs[SOURCES_MAX], sources = 1, readers = 1, rate = USUAL_RATE;
	char command[4096], names[SOURCES_MAX][16], *argv[256];
	struct bench_crowd crowd;
	uint64_t written, delivered, lost;
	int64_t start, cpu, ns = 0;
	double took;

	if (!strcmp(series, "sources"))
		sources = x;
	else if (!strcmp(series, "readers"))
		readers = x;
	else if (!strcmp(series, "rate"))
		rate = x;
	snprintf(command, sizeof(command), "%s off", setup);
	if (system(command))
		errx(1, "%s", command);
	snprintf(command, sizeof(command), "%s %d", setup, x);
	start = bench_clock_ns(CLOCK_MONOTONIC);
	if (system(command))
		errx(1, "%s", command);
	into[LOAD] = ms_since(start);
	open_programs(programs, sources);
	memcpy(argv, reader, (size_t)words * sizeof(*argv));
	for (int i = 0; i < sources; i++) {
		snprintf(names[i], sizeof(names[i]), "g%d", i);
		argv[words + i] = names[i];
	}
	argv[words + sources] = NULL;

	start = bench_clock_ns(CLOCK_MONOTONIC);
	bench_start(&crowd, readers, argv, "following", false, -1);
	into[START] = ms_since(start);
	drive(programs, sources, rate, 0.2, &ns); /* warms up */
	usleep(100000);
	cpu = bench_crowd_cpu_ns(&crowd);
	ns = 0;
	start = bench_clock_ns(CLOCK_MONOTONIC);
	written = drive(programs, sources, rate, seconds, &ns);
	took = (double)(bench_clock_ns(CLOCK_MONOTONIC) - start);
	usleep(100000); /* they have read to the end */
	cpu = bench_crowd_cpu_ns(&crowd) - cpu;
	into[PRIVATE] = private_kib(crowd.pids[0]);
	bench_stop(&crowd, SIGTERM);
	account(&crowd, readers * sources, &delivered, &lost);
	bench_forget(&crowd);
	into[WRITE] = (double)ns / (double)written;
	into[ONE] = (double)cpu / ((double)written * readers);
	into[ALL_SHARE] = 100 * (double)cpu / took;
	into[LOST] = (double)lost;
	into[HELD] = (double)written * 1e9 / took;
	for (int i = 0; i < sources; i++)
		close(programs[i]);
}

/* ------------------------------------------------------------------ saying */

static double slope(const int *xs, int n, int metric, size_t round)
{
	double mx = 0, my = 0, xy = 0, xx = 0;

	for (int i = 0; i < n; i++) {
		mx += xs[i] / (double)n;
		my += all[metric][i][round] / n;
	}
	for (int i = 0; i < n; i++) {
		xy += (xs[i] - mx) * (all[metric][i][round] - my);
		xx += (xs[i] - mx) * (xs[i] - mx);
	}
	return xy / xx;
}

static void say(const char *series, const int *xs, int n, size_t rounds)
{
	for (int i = 0; i < n; i++) {
		printf("{\"section\":\"growth\",\"series\":\"%s\",\"x\":%d,\"runs\":%zu", series, xs[i], rounds);
		for (int m = 0; m < METRICS; m++)
			bench_put(metrics[m].key, all[m][i], rounds);
		printf("}\n");
	}
	for (int m = 0; n > 1 && m < METRICS; m++) {
		double slopes[ROUNDS_MAX], most = fabs((double)xs[n - 1]);
		char name[160], unit[40];
		if (!lines[m] || !strstr(lines[m], series))
			continue;
		for (size_t i = 0; i < rounds; i++)
			slopes[i] = slope(xs, n, m, i);
		snprintf(name, sizeof(name), "by %s: %s", series, metrics[m].name);
		snprintf(unit, sizeof(unit), "%s from 0 to %d", metrics[m].unit, xs[n - 1]);
		printf("{\"section\":\"growth\",\"name\":\"%s\",\"slope_of\":\"%s\",\"unit\":\"%s\",\"runs\":%zu", name, series, unit, rounds);
		printf(",\"slope\":%.4g,\"slope_spread\":%.3g", bench_median(slopes, rounds), bench_spread(slopes, rounds));
		for (size_t i = 0; i < rounds; i++)
			slopes[i] *= most;
		if (rounds > 1 && bench_spread(slopes, rounds) < fabs(bench_median(slopes, rounds)))
			printf(",\"difference\":%.4g", bench_median(slopes, rounds));
		printf(",\"spread\":%.3g}\n", bench_spread(slopes, rounds));
	}
	for (int i = 0; i < n; i++) {
		char name[160];
		snprintf(name, sizeof(name), "lost, %s %d", series, xs[i]);
		bench_say("growth", name, "records", all[LOST][i], rounds, 0);
		snprintf(name, sizeof(name), "held, %s %d", series, xs[i]);
		if (!strcmp(series, "rate"))
			bench_say("growth", name, "records/s", all[HELD][i], rounds, -0.99 * xs[i]);
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int xs[POINTS_MAX], n = 0;
	size_t rounds;

	if (argc >= 3 && !strcmp(argv[1], "count"))
		return count(argv + 2);
	if (argc < 7 || argc > 100) {
		fprintf(stderr, "usage: see the head of growth.c\n");
		return 2;
	}
	for (char *at = strtok(argv[2], ","); at && n < POINTS_MAX; at = strtok(NULL, ","))
		xs[n++] = atoi(at);
	rounds = strtoul(argv[3], NULL, 10);
	if (rounds > ROUNDS_MAX)
		rounds = ROUNDS_MAX;
	prctl(PR_SET_TIMERSLACK, 1);
	bench_pin_to(0);
	for (size_t round = 0; round < rounds; round++)
		/* each round begins elsewhere */
		for (int k = 0; k < n; k++) {
			int i = (k + (int)round) % n;
			double into[METRICS];
			take(argv[1], xs[i], atof(argv[4]), argv[5], argv + 6, argc - 6, into);
			for (int m = 0; m < METRICS; m++)
				all[m][i][round] = into[m];
		}
	say(argv[1], xs, n, rounds);
	return 0;
}
