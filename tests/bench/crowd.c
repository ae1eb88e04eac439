// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * crowd.c - many readers of a busy interface: what each line costs the machine.
 *
 *	crowd ADDRESS INTERFACE RATE COUNT ROUNDS READER...
 *
 * Sends COUNT echo requests at RATE with nobody, with 1, 4, 16 and 64 readers and with as
 * many tcpdumps, in turn, ROUNDS times. The time is taken twice: of the whole machine
 * (/proc/stat, which sees other work too: nothing is said when that had more than a tenth
 * of the machine just before) and of sender and readers alone. Both less what the same
 * round took with nobody, divided by all lines.
 */
#include <sys/prctl.h>
#include <sys/resource.h>

#include "traffic.h"

#define ROUNDS_MAX 50

static const struct watchers {
	const char *name;
	int n;
	bool tcpdump;
	double goal_ns;
} watchers[] = {
	{ "nobody", 0, false, BENCH_NO_GOAL },
	{ "1 reader", 1, false, BENCH_NO_GOAL },
	{ "1 tcpdump", 1, true, BENCH_NO_GOAL },
	{ "4 readers", 4, false, BENCH_NO_GOAL },
	{ "4 tcpdumps", 4, true, BENCH_NO_GOAL },
	{ "16 readers", 16, false, 100 },
	{ "16 tcpdumps", 16, true, BENCH_NO_GOAL },
	{ "64 readers", 64, false, 100 },
	{ "64 tcpdumps", 64, true, BENCH_NO_GOAL },
};
#define KINDS (int)(sizeof(watchers) / sizeof(watchers[0]))

struct taken {
	double machine_ns, processes_ns, lines, lost, lost_percent, rate;
	bool busy; /* other work is in the machine's time */
};

static int64_t own_ns(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return ((int64_t)u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000 +
	       ((int64_t)u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000;
}

static uint64_t field(const char *line, const char *name)
{
	const char *at = strstr(line, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

/* The readers' final stats, which last_line.c sent. */
static void readers_account(struct bench_crowd *crowd, struct taken *t)
{
	FILE *file = fdopen(dup(crowd->last), "r");
	char line[4096];
	int said = 0;

	while (fgets(line, sizeof(line), file)) {
		t->lines += (double)field(line, "\"printed\":");
		t->lost += (double)field(line, "\"lost\":");
		said++;
	}
	fclose(file);
	if (said != crowd->n)
		errx(1, "%d of %d readers said what they have printed", said, crowd->n);
}

/* "N packets captured", "N packets received by filter", "N packets dropped by kernel" */
static void tcpdumps_account(struct bench_crowd *crowd, struct taken *t)
{
	FILE *file = fdopen(dup(crowd->messages), "r");
	char line[4096];
	double n;

	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lf packet", &n) != 1)
			continue;
		if (strstr(line, "captured"))
			t->lines += n;
		if (strstr(line, "dropped by kernel"))
			t->lost += n;
	}
	fclose(file);
}

static struct taken take(const struct watchers *w, int fd, int rate, int count, char *interface,
			 char **reader)
{
	char *read_dump[] = { "tcpdump", "-n", "-i", interface, "icmp", NULL };
	struct bench_crowd crowd;
	struct taken t = {};

	bench_start(&crowd, w->n, w->tcpdump ? read_dump : reader, w->tcpdump ? "listening on" : "following",
		    w->tcpdump, -1);
	usleep(300000);
	t.busy = machine_others_percent() > MACHINE_OTHERS_MAX;
	int64_t machine = machine_busy_ns(), own = own_ns(), others = bench_crowd_cpu_ns(&crowd);
	t.rate = traffic_send(fd, rate, count);
	usleep(50000); /* they have read to the end */
	t.processes_ns = (double)(own_ns() - own + bench_crowd_cpu_ns(&crowd) - others);
	t.machine_ns = (double)(machine_busy_ns() - machine);
	bench_stop(&crowd, w->tcpdump ? SIGINT : SIGTERM);
	if (w->n && w->tcpdump)
		tcpdumps_account(&crowd, &t);
	else if (w->n)
		readers_account(&crowd, &t);
	bench_forget(&crowd);
	t.lost_percent = 100 * t.lost / (t.lines + t.lost > 0 ? t.lines + t.lost : 1);
	return t;
}

static void say(int kind, const char *what, const char *unit, const double *values, size_t n, double goal)
{
	char name[96];

	snprintf(name, sizeof(name), "%s, %s", watchers[kind].name, what);
	bench_say("watchers", name, unit, values, n, goal);
}

int main(int argc, char **argv)
{
	static struct taken all[KINDS][ROUNDS_MAX];
	int fd, rate, count;
	size_t rounds;

	if (argc < 7) {
		fprintf(stderr, "usage: see the head of crowd.c\n");
		return 2;
	}
	fd = traffic_open(NULL, argv[1]);
	rate = atoi(argv[3]);
	count = atoi(argv[4]) / TRAFFIC_BATCH * TRAFFIC_BATCH;
	rounds = strtoul(argv[5], NULL, 10);
	if (rounds > ROUNDS_MAX)
		rounds = ROUNDS_MAX;
	prctl(PR_SET_TIMERSLACK, 1);
	traffic_send(fd, rate, rate / 4);
	for (size_t round = 0; round < rounds; round++)
		for (int kind = 0; kind < KINDS; kind++)
			all[kind][round] = take(&watchers[kind], fd, rate, count, argv[2], argv + 6);

	for (int kind = 0; kind < KINDS; kind++) {
		const struct watchers *w = &watchers[kind];
		double held[ROUNDS_MAX], lost[ROUNDS_MAX], percent[ROUNDS_MAX], machine[ROUNDS_MAX] = {};
		static double processes[KINDS][ROUNDS_MAX];
		bool busy = false;
		for (size_t i = 0; i < rounds; i++) {
			const struct taken *t = &all[kind][i], *none = &all[0][i];
			held[i] = t->rate / 1000;
			lost[i] = t->lost;
			percent[i] = t->lost_percent;
			busy = busy || t->busy || none->busy;
			machine[i] = (t->machine_ns - none->machine_ns) / (t->lines > 0 ? t->lines : 1);
			processes[kind][i] = (t->processes_ns - none->processes_ns) / (t->lines > 0 ? t->lines : 1);
		}
		say(kind, "rate held", "thousand/s", held, rounds, w->tcpdump ? BENCH_NO_GOAL : -0.97 * rate / 1000);
		if (!w->n)
			continue;
		say(kind, "lost", "records", lost, rounds, w->tcpdump ? BENCH_NO_GOAL : 0);
		if (w->tcpdump)
			say(kind, "lost of all", "%", percent, rounds, BENCH_NO_GOAL);
		if (!busy)
			say(kind, "machine time for a line", "ns", machine, rounds, w->goal_ns);
		say(kind, "their and the sender's time for a line", "ns", processes[kind], rounds, w->goal_ns);
		if (w->tcpdump)
			bench_say_ratio("watchers", w->name, watchers[kind - 1].name, processes[kind], processes[kind - 1],
					rounds, BENCH_NO_GOAL);
	}
	return 0;
}
