// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * capture.c - packets to lines, by ringside and by what people use instead.
 *
 *	capture NETNS ADDRESS INTERFACE ROUNDS PACKETS RATES OFF [NAME PREFIX COMMAND]...
 *
 * Each tool in turn (and nobody at all), ROUNDS times, is started by its shell COMMAND and
 * writes into a pipe; the lines that begin with PREFIX are counted. It has started when a
 * packet has become a line, or when it has said so once, if it makes none. Then PACKETS, or five seconds of them if that is less, go from
 * NETNS through a veth pair to INTERFACE at each of RATES ("50000,400000,0", 0: as fast as it
 * goes). OFF is the shell command between two tools.
 *
 * The pipe is emptied every 2 ms, so nobody is woken for a line: a tool pays for its write
 * and no more. Times are taken from the first packet to the last line; what counting took is
 * subtracted from the machine's, and nothing is compared of the machine when other work
 * had more than a tenth of it just before.
 */
#include <dirent.h>
#include <ifaddrs.h>
#include <linux/if_link.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "traffic.h"

#define TOOLS_MAX 12
#define RATES_MAX 6
#define ROUNDS_MAX 50
#define FAMILY_MAX 64
#define QUIET_NS 700000000LL

static struct tool {
	const char *name, *prefix, *command;
	bool failed;
} tools[TOOLS_MAX] = { { "nobody", "", NULL, false } };

static struct taken {
	double held, arrived, records, lost, tool_s, machine_s, record_ns, lines_s, peak_mib, others;
} all[TOOLS_MAX][RATES_MAX][ROUNDS_MAX];

/* ------------------------------------------------------------------ counting */

static struct {
	int fd;
	const char *prefix;
	uint64_t lines; /* atomic */
	pthread_t thread;
	clockid_t clock;
} counted;

static void *count(void *unused)
{
	static char block[1 << 20];
	size_t used = 0, prefix = strlen(counted.prefix);

	for (;;) {
		ssize_t got = read(counted.fd, block + used, sizeof(block) - used);
		char *line = block, *end;
		uint64_t n = 0;

		if (got < 0 && errno == EAGAIN) {
			usleep(2000);
			continue;
		}
		if (got <= 0)
			return NULL;
		used += (size_t)got;
		for (; (end = memchr(line, '\n', used - (size_t)(line - block))); line = end + 1)
			n += end > line && (size_t)(end - line) >= prefix && !memcmp(line, counted.prefix, prefix);
		used -= (size_t)(line - block);
		memmove(block, line, used);
		if (used == sizeof(block))
			errx(1, "a line of a megabyte");
		__atomic_add_fetch(&counted.lines, n, __ATOMIC_RELAXED);
	}
}

static uint64_t lines_now(void)
{
	return __atomic_load_n(&counted.lines, __ATOMIC_RELAXED);
}

static int64_t counting_ns(void)
{
	return counted.fd < 0 ? 0 : bench_clock_ns(counted.clock);
}

/* ------------------------------------------------------------------ a tool and its children */

struct family {
	pid_t pids[FAMILY_MAX];
	int n;
};

static bool in_family(const struct family *f, pid_t pid)
{
	for (int i = 0; i < f->n; i++)
		if (f->pids[i] == pid)
			return true;
	return false;
}

static struct family family_of(pid_t pid)
{
	struct family f = { { pid }, 1 };
	int before;

	do {
		DIR *proc = opendir("/proc");
		struct dirent *entry;
		before = f.n;
		while (proc && (entry = readdir(proc)) && f.n < FAMILY_MAX) {
			char path[300];
			int child = atoi(entry->d_name), parent;
			FILE *file;
			snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
			if (child <= 0 || in_family(&f, child) || !(file = fopen(path, "r")))
				continue;
			if (fscanf(file, "%*d (%*[^)]) %*c %d", &parent) == 1 && in_family(&f, parent))
				f.pids[f.n++] = child;
			fclose(file);
		}
		closedir(proc);
	} while (f.n > before);
	return f;
}

/* Whether one of them has a CPU or waits for one: what has not been printed may still come. */
static bool family_runs(const struct family *f)
{
	bool runs = false;

	for (int i = 0; i < f->n && !runs; i++) {
		char path[64], state = ' ';
		FILE *file;
		snprintf(path, sizeof(path), "/proc/%d/stat", f->pids[i]);
		file = fopen(path, "r");
		runs = file && fscanf(file, "%*d (%*[^)]) %c", &state) == 1 && state == 'R';
		if (file)
			fclose(file);
	}
	return runs;
}

static int64_t family_cpu_ns(const struct family *f)
{
	int64_t sum = 0;

	for (int i = 0; i < f->n; i++) {
		clockid_t clock;
		if (!clock_getcpuclockid(f->pids[i], &clock))
			sum += bench_clock_ns(clock);
	}
	return sum;
}

static double family_peak_mib(const struct family *f)
{
	double sum = 0, kib;

	for (int i = 0; i < f->n; i++) {
		char path[64], line[256];
		FILE *file;
		snprintf(path, sizeof(path), "/proc/%d/status", f->pids[i]);
		file = fopen(path, "r");
		while (file && fgets(line, sizeof(line), file))
			if (sscanf(line, "VmHWM: %lf", &kib) == 1)
				sum += kib / 1024;
		if (file)
			fclose(file);
	}
	return sum;
}

static pid_t start(const struct tool *t, int messages)
{
	int out[2];
	pid_t pid;

	if (pipe2(out, O_CLOEXEC))
		err(1, "pipe");
	if (fcntl(out[0], F_SETPIPE_SZ, 4 << 20) < 0)
		fcntl(out[0], F_SETPIPE_SZ, 1 << 20);
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(out[1], 1);
		dup2(messages, 2);
		execl("/bin/bash", "bash", "-c", t->command, NULL);
		_exit(127);
	}
	close(out[1]);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	counted.fd = out[0];
	counted.prefix = t->prefix;
	counted.lines = 0;
	pthread_create(&counted.thread, NULL, count, NULL);
	pthread_getcpuclockid(counted.thread, &counted.clock);
	return pid;
}

static void stop(pid_t pid)
{
	struct family f = family_of(pid);
	int64_t limit = bench_clock_ns(CLOCK_MONOTONIC) + 60000000000LL;

	kill(pid, SIGINT);
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (bench_clock_ns(CLOCK_MONOTONIC) > limit) {
			warnx("does not end by SIGINT");
			for (int i = 0; i < f.n; i++)
				kill(f.pids[i], SIGKILL);
			limit = INT64_MAX;
		}
		usleep(10000);
	}
	pthread_join(counted.thread, NULL);
	close(counted.fd);
	counted.fd = -1;
}

/* Until a packet has become a line, and no more come. */
static bool started(int fd, pid_t pid)
{
	int64_t limit = bench_clock_ns(CLOCK_MONOTONIC) + 60000000000LL;
	uint64_t before;

	while (lines_now() == 0) {
		siginfo_t info = {};
		if (bench_clock_ns(CLOCK_MONOTONIC) > limit ||
		    (!waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid))
			return false;
		traffic_send(fd, 0, TRAFFIC_BATCH);
		usleep(100000);
	}
	do {
		before = lines_now();
		usleep(500000);
	} while (lines_now() != before);
	return true;
}

/* ------------------------------------------------------------------ measuring */

static uint32_t arrived(const char *interface)
{
	struct ifaddrs *list, *i;
	uint32_t n = 0;

	if (getifaddrs(&list))
		err(1, "interfaces");
	for (i = list; i; i = i->ifa_next)
		if (!strcmp(i->ifa_name, interface) && i->ifa_addr && i->ifa_addr->sa_family == AF_PACKET)
			n = ((struct rtnl_link_stats *)i->ifa_data)->rx_packets;
	freeifaddrs(list);
	return n;
}

static struct taken take(int fd, const char *interface, int rate, int packets, pid_t pid)
{
	struct family f = pid ? family_of(pid) : (struct family){};
	uint64_t lines = lines_now(), seen = lines;
	uint32_t before = arrived(interface);
	int64_t begin, counting = counting_ns(), tool = family_cpu_ns(&f),
		machine, last, tool_end = 0, machine_end = 0, limit, busy;
	struct taken t = {};

	/* what goes on without us */
	t.others = machine_others_percent();
	begin = bench_clock_ns(CLOCK_MONOTONIC);
	machine = machine_busy_ns();
	if (rate && packets > 5 * rate)
		packets = 5 * rate;
	t.held = traffic_send(fd, rate, packets);
	last = bench_clock_ns(CLOCK_MONOTONIC);
	t.arrived = (uint32_t)(arrived(interface) - before);
	busy = last;
	limit = last + 120000000000LL;
	do {
		uint64_t n = lines_now();
		if (n != seen || !machine_end) {
			seen = n;
			last = bench_clock_ns(CLOCK_MONOTONIC);
			tool_end = family_cpu_ns(&f);
			machine_end = machine_busy_ns() - (counting_ns() - counting);
		}
		if (!pid || (double)(seen - lines) >= t.arrived)
			break;
		if (last > busy || family_runs(&f))
			busy = bench_clock_ns(CLOCK_MONOTONIC);
		usleep(10000);
	} while (bench_clock_ns(CLOCK_MONOTONIC) < busy + QUIET_NS && bench_clock_ns(CLOCK_MONOTONIC) < limit);
	t.records = (double)(seen - lines);
	t.lost = 100 * (t.arrived - t.records) / (t.arrived > 0 ? t.arrived : 1);
	t.tool_s = (double)(tool_end - tool) / 1e9;
	t.machine_s = (double)(machine_end - machine) / 1e9;
	t.record_ns = 1e9 * t.tool_s / (t.records > 0 ? t.records : 1);
	t.lines_s = t.records * 1e9 / (double)(last - begin);
	return t;
}

static void measure(struct tool *t, int fd, const char *interface, const int *rates, int rates_n, int packets, size_t round)
{
	FILE *messages = tmpfile();
	pid_t pid = 0;
	char text[1000];
	double peak;

	if (t->command) {
		pid = start(t, fileno(messages));
		if (!started(fd, pid)) {
			ssize_t got = pread(fileno(messages), text, sizeof(text) - 1, 0);
			text[got > 0 ? got : 0] = '\0';
			bench_say_absent("capture", t->name, text);
			t->failed = true;
		}
	}
	for (int r = 0; r < rates_n && !t->failed; r++)
		all[t - tools][r][round] = take(fd, interface, rates[r], packets, pid);
	if (pid) {
		struct family f = family_of(pid);
		peak = family_peak_mib(&f);
		for (int r = 0; r < rates_n; r++)
			all[t - tools][r][round].peak_mib = peak;
		stop(pid);
	}
	fclose(messages);
}

/* ------------------------------------------------------------------ saying */

static size_t column(double *values, int tool, int rate, size_t rounds, size_t offset)
{
	for (size_t i = 0; i < rounds; i++)
		values[i] = *(double *)((char *)&all[tool][rate][i] + offset);
	return rounds;
}

static void say_row(int tool, int r, int rate, size_t rounds)
{
	static const struct { const char *name; size_t offset; } columns[] = {
		{ "held", offsetof(struct taken, held) }, { "packets", offsetof(struct taken, arrived) },
		{ "records", offsetof(struct taken, records) }, { "lost_percent", offsetof(struct taken, lost) },
		{ "tool_s", offsetof(struct taken, tool_s) }, { "machine_s", offsetof(struct taken, machine_s) },
		{ "tool_ns_per_record", offsetof(struct taken, record_ns) }, { "lines_per_s", offsetof(struct taken, lines_s) },
		{ "peak_mib", offsetof(struct taken, peak_mib) }, { "others_percent", offsetof(struct taken, others) },
	};
	double values[ROUNDS_MAX] = {};

	printf("{\"section\":\"capture\",\"row\":\"%s\",\"offered\":%d,\"runs\":%zu,\"command\":\"%s\"", tools[tool].name, rate, rounds,
	       tools[tool].command ?: "");
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		bench_put(columns[i].name, values, column(values, tool, r, rounds, columns[i].offset));
	printf("}\n");
	fflush(stdout);
}

/* What a tool adds to the machine's time, ns a record (a packet, where it makes none). False: other work was in it. */
static bool added(double *values, int tool, int r, size_t rounds)
{
	bool quiet = true;

	for (size_t i = 0; i < rounds; i++) {
		const struct taken *t = &all[tool][r][i], *none = &all[0][r][i];
		values[i] = 1e9 * (t->machine_s - none->machine_s) / (t->records > 0 ? t->records : t->arrived);
		quiet = quiet && t->others < MACHINE_OTHERS_MAX && none->others < MACHINE_OTHERS_MAX;
	}
	return quiet;
}

/* The first tool is ringside's. */
static void say_ratios(int tool, int r, int rate, size_t rounds)
{
	double values[ROUNDS_MAX] = {}, base[ROUNDS_MAX] = {}, goal = BENCH_NO_GOAL;
	char name[200], at[32] = "as fast as it goes";

	if (!strcmp(tools[tool].name, "tcpdump -n -l"))
		goal = -10;
	else if (!strncmp(tools[tool].name, "tshark", 6))
		goal = -50;
	if (rate)
		snprintf(at, sizeof(at), "%d/s", rate);
	column(values, tool, r, rounds, offsetof(struct taken, record_ns));
	column(base, 1, r, rounds, offsetof(struct taken, record_ns));
	snprintf(name, sizeof(name), "%s, %s: own time for a line", tools[tool].name, at);
	if (all[tool][r][0].records > 0)
		bench_say_ratio("capture", name, tools[1].name, values, base, rounds, goal);
	snprintf(name, sizeof(name), "%s, %s: what it adds to the machine's", tools[tool].name, at);
	if (added(values, tool, r, rounds) && added(base, 1, r, rounds))
		bench_say_ratio("capture", name, tools[1].name, values, base, rounds, BENCH_NO_GOAL);
}

int main(int argc, char **argv)
{
	int fd, packets, rates[RATES_MAX], rates_n = 0, n = 1;
	size_t rounds;

	if (argc < 11 || (argc - 8) % 3 || (argc - 8) / 3 >= TOOLS_MAX) {
		fprintf(stderr, "usage: see the head of capture.c\n");
		return 2;
	}
	fd = traffic_open(argv[1], argv[2]);
	rounds = strtoul(argv[4], NULL, 10);
	if (rounds > ROUNDS_MAX)
		rounds = ROUNDS_MAX;
	packets = atoi(argv[5]) / TRAFFIC_BATCH * TRAFFIC_BATCH;
	for (char *at = strtok(argv[6], ","); at && rates_n < RATES_MAX; at = strtok(NULL, ","))
		rates[rates_n++] = atoi(at);
	for (int i = 8; i < argc; i += 3)
		tools[n++] = (struct tool){ argv[i], argv[i + 1], argv[i + 2], false };
	counted.fd = -1;
	prctl(PR_SET_TIMERSLACK, 1);

	traffic_send(fd, 100000, 50000); /* warms up */
	for (size_t round = 0; round < rounds; round++) {
		/* each round begins elsewhere */
		for (int k = 0; k < n; k++) {
			struct tool *t = &tools[(k + (int)round) % n];
			if (!t->failed)
				measure(t, fd, argv[3], rates, rates_n, packets, round);
			if (system(argv[7]))
				errx(1, "%s", argv[7]);
		}
	}
	for (int r = 0; r < rates_n; r++)
		for (int i = 0; i < n; i++)
			if (!tools[i].failed)
				say_row(i, r, rates[r], rounds);
	for (int r = 0; r < rates_n; r++)
		for (int i = 2; i < n; i++)
			if (!tools[i].failed)
				say_ratios(i, r, rates[r], rounds);
	return 0;
}
