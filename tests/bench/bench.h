/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * bench.h - what the benchmarks share: medians with their spread, results as
 * lines of JSON on stdout (tests/bench/run makes the table), and crowds of readers.
 *
 * The spread is the median absolute deviation. A difference smaller than its own
 * spread says nothing and is not printed.
 */
#ifndef BENCH_H
#define BENCH_H

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BENCH_NO_GOAL NAN
#define BENCH_READERS_MAX 256

static inline int64_t bench_clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* CPU -1: any. */
static inline void bench_pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (cpu < 0 || i == cpu)
			CPU_SET(i, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		warn("pin to CPU %d", cpu);
}

/* As good as a core of one's own, on a machine that does other things too. */
static inline void bench_go_first(void)
{
	if (sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 1 }))
		warn("real-time priority");
}

/* ------------------------------------------------------------------ figures */

static inline int bench_by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static inline double bench_quantile(const double *values, size_t n, double q)
{
	double *sorted = malloc((n + 1) * sizeof(*sorted)), result, at = q * (double)(n - 1);
	size_t low = (size_t)at;

	memcpy(sorted, values, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), bench_by_value);
	result = sorted[low];
	if (low + 1 < n)
		result += (sorted[low + 1] - sorted[low]) * (at - (double)low);
	free(sorted);
	return result;
}

static inline double bench_median(const double *values, size_t n)
{
	return bench_quantile(values, n, 0.5);
}

static inline double bench_spread(const double *values, size_t n)
{
	double *away = malloc(n * sizeof(*away)), middle = bench_median(values, n), result;

	for (size_t i = 0; i < n; i++)
		away[i] = fabs(values[i] - middle);
	result = bench_median(away, n);
	free(away);
	return result;
}

/* GOAL: at most, or with a minus sign at least. Nearer to it than the spread is neither. */
static inline void bench_say_goal(double value, double spread, double goal)
{
	double missing = goal < 0 ? -goal - value : value - goal;

	if (!isnan(goal))
		printf(",\"goal\":%g,\"met\":%s", goal,
		       fabs(missing) < spread ? "null" : missing <= 0 ? "true" : "false");
	printf("}\n");
	fflush(stdout);
}

static inline void bench_say_value(const char *section, const char *name, const char *unit, double value,
				   double spread, size_t n, double goal)
{
	printf("{\"section\":\"%s\",\"name\":\"%s\",\"unit\":\"%s\",\"median\":%.6g,\"spread\":%.3g,\"runs\":%zu",
	       section, name, unit, value, spread, n);
	bench_say_goal(value, spread, goal);
}

static inline void bench_say(const char *section, const char *name, const char *unit, const double *values,
			     size_t n, double goal)
{
	bench_say_value(section, name, unit, bench_median(values, n), bench_spread(values, n), n, goal);
}

/* VALUES[i] and BASE[i] were measured side by side. With unit "%" the difference is relative. */
static inline void bench_say_difference(const char *section, const char *name, const char *against,
					const char *unit, const double *values, const double *base, size_t n,
					double goal)
{
	double *differences = malloc(n * sizeof(*differences)), difference, spread;

	for (size_t i = 0; i < n; i++) {
		differences[i] = values[i] - base[i];
		if (!strcmp(unit, "%"))
			differences[i] *= 100 / base[i];
	}
	difference = bench_median(differences, n);
	spread = bench_spread(differences, n);
	printf("{\"section\":\"%s\",\"name\":\"%s\",\"against\":\"%s\",\"unit\":\"%s\"", section, name, against, unit);
	if (n > 1 && spread <= fabs(difference))
		printf(",\"difference\":%.4g", difference);
	printf(",\"spread\":%.3g,\"runs\":%zu", spread, n);
	bench_say_goal(difference, spread, goal);
	free(differences);
}

/* How many times BASE[i] is VALUES[i]: not printed when the pairs differ by less than their spread,
 * in time or in the ratio.
 */
static inline void bench_say_ratio(const char *section, const char *name, const char *against,
				   const double *values, const double *base, size_t n, double goal)
{
	double *differences = malloc(n * sizeof(*differences)), *ratios = malloc(n * sizeof(*ratios)), spread;
	bool certain;

	for (size_t i = 0; i < n; i++) {
		differences[i] = values[i] - base[i];
		ratios[i] = values[i] / base[i];
	}
	spread = bench_spread(ratios, n);
	certain = n > 1 && bench_spread(differences, n) < fabs(bench_median(differences, n)) &&
		  spread < fabs(bench_median(ratios, n) - 1);
	printf("{\"section\":\"%s\",\"name\":\"%s\",\"against\":\"%s\",\"unit\":\"times\",\"runs\":%zu", section, name, against, n);
	if (certain)
		printf(",\"ratio\":%.4g,\"spread\":%.3g", bench_median(ratios, n), spread);
	bench_say_goal(bench_median(ratios, n), certain ? spread : INFINITY, goal);
	free(differences);
	free(ratios);
}

/* What could not be measured here; WHY is cut at its first line and at what JSON would have to escape. */
static inline void bench_say_absent(const char *section, const char *name, const char *why)
{
	printf("{\"section\":\"%s\",\"name\":\"%s\",\"absent\":\"", section, name);
	for (; *why >= ' '; why++)
		if (*why != '"' && *why != '\\' && *why < 0x7f)
			putchar(*why);
	printf("\"}\n");
	fflush(stdout);
}

/* A column of a row: ,"NAME":{"median":…,"spread":…} */
static inline void bench_put(const char *name, const double *values, size_t n)
{
	printf(",\"%s\":{\"median\":%.6g,\"spread\":%.3g}", name, bench_median(values, n), bench_spread(values, n));
}

/* ------------------------------------------------------------------ readers */

struct bench_crowd {
	pid_t pids[BENCH_READERS_MAX];
	int n;
	int messages; /* their stderr */
	int last;     /* what was sent to descriptor 3: see parts/last_line.c */
};

static inline void bench_be_nobody(void)
{
	if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
		err(1, "setuid");
}

/* Starts N of COMMAND as nobody (AS_ROOT: as root) with stdout to /dev/null, and
 * returns when as many of them have said WORD on stderr. CPU -1: on any.
 */
static inline void bench_start(struct bench_crowd *crowd, int n, char *const *command, const char *word,
			       bool as_root, int cpu)
{
	int messages[2], last[2], null = open("/dev/null", O_WRONLY), said = 0;
	char text[65536];
	size_t used = 0;

	if (null < 0 || pipe(messages) || pipe(last) || n > BENCH_READERS_MAX)
		err(1, "start %d readers", n);
	crowd->n = n;
	for (int i = 0; i < n; i++) {
		crowd->pids[i] = fork();
		if (crowd->pids[i] < 0)
			err(1, "fork");
		if (crowd->pids[i] > 0)
			continue;
		bench_pin_to(cpu);
		dup2(null, 1);
		dup2(messages[1], 2);
		dup2(last[1], 3);
		if (!as_root)
			bench_be_nobody();
		execvp(command[0], command);
		err(127, "run %s", command[0]);
	}
	close(null);
	close(messages[1]);
	close(last[1]);
	crowd->messages = messages[0];
	crowd->last = last[0];
	while (said < n) {
		ssize_t got = read(messages[0], text + used, sizeof(text) - 1 - used);
		char *at = text;
		if (got <= 0)
			errx(1, "%s: did not start", command[0]);
		used += (size_t)got;
		text[used] = '\0';
		for (said = 0; (at = strstr(at, word)); at++)
			said++;
	}
}

/* SIGNAL ends them; what they said after that is left in crowd->last and ->messages. */
static inline void bench_stop(struct bench_crowd *crowd, int signal)
{
	for (int i = 0; i < crowd->n; i++)
		kill(crowd->pids[i], signal);
	for (int i = 0; i < crowd->n; i++)
		waitpid(crowd->pids[i], NULL, 0);
}

static inline void bench_forget(struct bench_crowd *crowd)
{
	close(crowd->messages);
	close(crowd->last);
	crowd->n = 0;
}

/* Time on a CPU of all of them, ns. */
static inline int64_t bench_crowd_cpu_ns(const struct bench_crowd *crowd)
{
	int64_t sum = 0;

	for (int i = 0; i < crowd->n; i++) {
		clockid_t clock;
		if (clock_getcpuclockid(crowd->pids[i], &clock))
			warnx("CPU time of %d", crowd->pids[i]);
		else
			sum += bench_clock_ns(clock);
	}
	return sum;
}

#endif
