// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * flows.c - what watching the sockets costs those who use them.
 *
 *	flows calls|loop|iperf3 ROUNDS [NAME EVERY ON OFF]...
 *
 * Each round is measured with nothing attached, and then with each NAME: after the
 * shell command ON, before OFF; "attach DIR" and "detach" are of the loader's programs
 * there, which were loaded before. One of which EVERY is 4 takes part in every fourth
 * round. Differences are those of one round.
 *
 *	calls   one thread on one CPU has both ends of each connection in its hands, so
 *		that nobody is waited for and the sender's calls contain all that the
 *		kernel does for the receiver. Of the times of one kind of call the
 *		slowest fiftieth is left out: there something else had the CPU.
 *	loop    short connections, 8 threads to 8 threads of another process
 *	iperf3  one long transfer
 */
#include <bpf/bpf.h>
#include <dirent.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "bench.h"

#if defined(__x86_64__)
#define PAUSE() __builtin_ia32_pause()
#else
#define PAUSE() __asm__ volatile("yield")
#endif
#define ROUNDS_MAX 2000
#define SETUPS_MAX 16
#define LARGE 65536

static int slower = 1; /* RINGSIDE_TEST_SLOWER: under emulation */

static void must(int result, const char *what)
{
	if (result < 0)
		err(1, "%s", what);
}

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int bound(int type, uint16_t port)
{
	struct sockaddr_in at = loopback(port);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)), "SO_REUSEADDR");
	must(bind(fd, (struct sockaddr *)&at, sizeof(at)), "bind");
	if (type == SOCK_STREAM)
		must(listen(fd, 1024), "listen");
	return fd;
}

static int connected(int type, uint16_t port)
{
	struct sockaddr_in to = loopback(port);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	must(connect(fd, (struct sockaddr *)&to, sizeof(to)), "connect");
	return fd;
}

/* ------------------------------------------------------------------ calls */

enum { CONNECT, ACCEPT, CLOSE, SEND_1, RECV_1, SEND_LARGE, RECV_LARGE, UDP_SEND, UDP_RECV, DNS, MEASURED,
       CONNECT_CLOSE = MEASURED, KINDS };

static const char *const kinds[] = {
	[CONNECT] = "TCP connect", [ACCEPT] = "TCP accept", [CLOSE] = "TCP close, both ends",
	[SEND_1] = "TCP send, 1 byte", [RECV_1] = "TCP receive, 1 byte",
	[SEND_LARGE] = "TCP send, 64 KiB", [RECV_LARGE] = "TCP receive, 64 KiB",
	[UDP_SEND] = "UDP send", [UDP_RECV] = "UDP receive",
	[DNS] = "UDP socket, question, answer, close", [CONNECT_CLOSE] = "TCP connect + close",
};

#define SAMPLES 4000
#define WARM 20
static double samples[MEASURED][SAMPLES];
static int sampled[MEASURED];
static bool warming;

static void begin_at(int i)
{
	warming = i < 0;
}

static void add(int kind, int64_t from, int64_t to)
{
	if (!warming && sampled[kind] < SAMPLES)
		samples[kind][sampled[kind]++] = (double)(to - from);
}

static int64_t now(void)
{
	return bench_clock_ns(CLOCK_MONOTONIC);
}

/* What was closed is being cleared away. */
static void pause_ms(useconds_t ms)
{
	usleep(ms * 1000);
}

static void one_connection(int listener)
{
	struct sockaddr_in to = loopback(7001);
	int64_t t[5];
	int fd, other;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	t[0] = now();
	must(connect(fd, (struct sockaddr *)&to, sizeof(to)), "connect");
	t[1] = now();
	other = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	t[2] = now();
	must(other, "accept");
	close(fd);
	t[3] = now();
	close(other);
	t[4] = now();
	add(CONNECT, t[0], t[1]);
	add(ACCEPT, t[1], t[2]);
	add(CLOSE, t[2], t[4]);
}

/* The other processor may be the same core's other half, and what runs there is then in
 * the figures. So nothing does, but this.
 */
static volatile sig_atomic_t *quiet;

static void keep_others_away(void)
{
	quiet = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (long cpu = 1; cpu < sysconf(_SC_NPROCESSORS_ONLN); cpu++) {
		pid_t pid = fork();
		must(pid, "fork");
		if (pid)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		bench_pin_to((int)cpu);
		bench_go_first();
		for (;;) {
			while (*quiet)
				PAUSE();
			usleep(2000);
		}
	}
	bench_pin_to(0);
	bench_go_first();
}

/* There and back. */
static void ping_pong(int a, int b, size_t size, int sends, int receives)
{
	static char out[LARGE], in[LARGE];
	int64_t t[3];

	for (int i = 0; i < 2; i++) {
		int from = i ? b : a, to = i ? a : b;
		t[0] = now();
		must(send(from, out, size, 0) == (ssize_t)size ? 0 : -1, "send");
		t[1] = now();
		must(recv(to, in, size, MSG_WAITALL) == (ssize_t)size ? 0 : -1, "receive");
		t[2] = now();
		add(sends, t[0], t[1]);
		add(receives, t[1], t[2]);
	}
}

static void one_question(int server)
{
	struct sockaddr_in to = loopback(7002), from;
	socklen_t size = sizeof(from);
	char text[128] = "";
	int64_t start = now();
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must((int)sendto(fd, text, 40, 0, (struct sockaddr *)&to, sizeof(to)), "ask");
	must((int)recvfrom(server, text, sizeof(text), 0, (struct sockaddr *)&from, &size), "be asked");
	must((int)sendto(server, text, 100, 0, (struct sockaddr *)&from, size), "answer");
	must((int)recv(fd, text, sizeof(text), 0), "get the answer");
	close(fd);
	add(DNS, start, now());
}

static double mean_without_slowest(double *values, int n)
{
	double sum = 0;
	int kept = n - n / 50;

	qsort(values, (size_t)n, sizeof(*values), bench_by_value);
	for (int i = 0; i < kept; i++)
		sum += values[i];
	return sum / kept;
}

static void calls(double *result)
{
	int listener = bound(SOCK_STREAM, 7001), server = bound(SOCK_DGRAM, 7002), udp[2], a, b, size = 4 * LARGE;
	struct sockaddr_in to = loopback(7004), peer = loopback(7001);

	/* those that live on were there before what is measured came, or not: both happens */
	setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	a = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(a, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(a, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	must(connect(a, (struct sockaddr *)&peer, sizeof(to)), "connect");
	b = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	setsockopt(a, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	setsockopt(b, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	udp[0] = bound(SOCK_DGRAM, 7003);
	udp[1] = bound(SOCK_DGRAM, 7004);
	must(connect(udp[0], (struct sockaddr *)&to, sizeof(to)), "connect");
	to = loopback(7003);
	must(connect(udp[1], (struct sockaddr *)&to, sizeof(to)), "connect");

	*quiet = 1;
	pause_ms(10);
	for (int i = -WARM; i < 300 / slower; i++) {
		begin_at(i);
		one_connection(listener);
	}
	pause_ms(10);
	for (int i = -WARM; i < 800 / slower; i++) {
		begin_at(i);
		ping_pong(a, b, 1, SEND_1, RECV_1);
	}
	pause_ms(10);
	for (int i = -WARM; i < 800 / slower; i++) {
		begin_at(i);
		ping_pong(udp[0], udp[1], 64, UDP_SEND, UDP_RECV);
	}
	pause_ms(10);
	for (int i = -WARM; i < 300 / slower; i++) {
		begin_at(i);
		one_question(server);
	}
	pause_ms(10);
	for (int i = -WARM; i < 100 / slower; i++) {
		begin_at(i);
		ping_pong(a, b, LARGE, SEND_LARGE, RECV_LARGE);
	}
	*quiet = 0;
	for (int kind = 0; kind < MEASURED; kind++) {
		result[kind] = mean_without_slowest(samples[kind], sampled[kind]);
		sampled[kind] = 0;
	}
	result[CONNECT_CLOSE] = result[CONNECT] + result[CLOSE];
	close(a);
	close(b);
	close(udp[0]);
	close(udp[1]);
	close(listener);
	close(server);
}

/* ------------------------------------------------------------------ loop */

#define THREADS 8
#define QUESTION 100
#define ANSWER 1000

static struct shared {
	int64_t connections;
	int stop;
} *loop_state;
static pid_t loop_server;

static void *serve(void *listener)
{
	char text[ANSWER] = "";
	int fd;

	while ((fd = accept(*(int *)listener, NULL, NULL)) >= 0) {
		if (recv(fd, text, QUESTION, MSG_WAITALL) == QUESTION)
			must((int)send(fd, text, ANSWER, MSG_NOSIGNAL), "answer");
		close(fd);
	}
	return NULL;
}

static void *ask(void *unused)
{
	char text[ANSWER] = "";

	while (!__atomic_load_n(&loop_state->stop, __ATOMIC_RELAXED)) {
		int fd = connected(SOCK_STREAM, 7005);
		must((int)send(fd, text, QUESTION, MSG_NOSIGNAL), "ask");
		if (recv(fd, text, ANSWER, MSG_WAITALL) != ANSWER)
			errx(1, "short answer");
		close(fd);
		__atomic_add_fetch(&loop_state->connections, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* In turn among themselves, and before all else on the machine: what is measured and,
 * being started from here, the loader and the reader.
 */
static void share_the_machine(void)
{
	if (sched_setscheduler(0, SCHED_RR, &(struct sched_param){ .sched_priority = 1 }))
		warn("real-time priority");
}

static void start_loop_server(void)
{
	static int listener;
	pthread_t thread;

	share_the_machine();
	loop_state = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	listener = bound(SOCK_STREAM, 7005);
	loop_server = fork();
	must(loop_server, "fork");
	if (loop_server)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 1; i < THREADS; i++)
		pthread_create(&thread, NULL, serve, &listener);
	serve(&listener);
	_exit(0);
}

static double cpu_ns(pid_t pid)
{
	struct timespec t;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
		err(1, "CPU time of %d", pid);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

enum { LOOP_TIME, LOOP_CPU, LOOP_KINDS };

static void loop(double *result)
{
	pthread_t threads[THREADS];
	double cpu, n;
	int64_t start;

	loop_state->stop = 0;
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, ask, NULL);
	usleep(50000);
	start = now();
	cpu = cpu_ns(0) + cpu_ns(loop_server);
	n = -(double)loop_state->connections;
	usleep(600000);
	n += (double)loop_state->connections;
	cpu = cpu_ns(0) + cpu_ns(loop_server) - cpu;
	result[LOOP_TIME] = (double)(now() - start) / n / 1000;
	result[LOOP_CPU] = cpu / n / 1000;
	loop_state->stop = 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* ------------------------------------------------------------------ iperf3 */

static void iperf3(double *result)
{
	char line[512];
	double rate = 0;
	bool received = false;
	FILE *output, *server = popen("exec iperf3 -s -1 --forceflush -B 127.0.0.1 -A 1 2>&1", "r");

	if (!server || !fgets(line, sizeof(line), server)) /* it says that it listens */
		errx(1, "iperf3 -s");
	output = popen("iperf3 -c 127.0.0.1 -A 0 -t 1 -J", "r");
	while (output && fgets(line, sizeof(line), output)) {
		received = received || strstr(line, "sum_received");
		if (received && !rate)
			sscanf(line, " \"bits_per_second\": %lf", &rate);
	}
	if (!output || pclose(output) || !rate)
		errx(1, "iperf3 -c");
	while (fgets(line, sizeof(line), server))
		;
	pclose(server);
	result[0] = 8.0 * (1 << 30) / rate * 1000;
}

/* ------------------------------------------------------------------ programs on and off */

/* The programs that the loader has attached, by links of our own: so they come and go in
 * a few ms, and what else the machine does is the same in both halves of a round. The
 * timer's stays, four times a second.
 */
#define LINKS_MAX 64
static struct {
	const char *dir;
	char name[64];
	int program, link, event;
} links[LINKS_MAX];
static int links_n;

static void take_links(const char *dir)
{
	struct dirent *entry;
	DIR *all = opendir(dir);
	int before = links_n;

	while (all && (entry = readdir(all)) && links_n < LINKS_MAX) {
		struct bpf_link_info info = {};
		__u32 size = sizeof(info);
		char path[512];
		int link;
		if (!strchr("krt", entry->d_name[0]) || entry->d_name[1] != '_')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		link = bpf_obj_get(path);
		if (link < 0 || bpf_obj_get_info_by_fd(link, &info, &size))
			err(1, "open %s", path);
		links[links_n].dir = dir;
		snprintf(links[links_n].name, sizeof(links[0].name), "%.60s", entry->d_name);
		links[links_n].program = bpf_prog_get_fd_by_id(info.prog_id);
		must(links[links_n].program, path);
		links[links_n].link = links[links_n].event = -1;
		links_n++;
		unlink(path);
		close(link);
	}
	if (links_n == before)
		errx(1, "no links in %s", dir);
	closedir(all);
}

/* Before anything is measured, so that nothing is attached then. */
static void take_links_once(const char *dir)
{
	for (int i = 0; i < links_n; i++)
		if (!strcmp(links[i].dir, dir))
			return;
	take_links(dir);
}

static int probe(const char *function, bool returns)
{
	struct perf_event_attr attr = { .size = sizeof(attr), .config = returns, .config1 = (uintptr_t)function };
	FILE *file = fopen("/sys/bus/event_source/devices/kprobe/type", "r");

	if (!file || fscanf(file, "%u", &attr.type) != 1)
		err(1, "kprobes");
	fclose(file);
	return (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

static void attach_links(const char *dir)
{
	for (int i = 0; i < links_n; i++) {
		if (strcmp(links[i].dir, dir))
			continue;
		if (links[i].name[0] == 't') {
			links[i].link = bpf_raw_tracepoint_open(NULL, links[i].program);
		} else {
			links[i].event = probe(links[i].name + 2, links[i].name[0] == 'r');
			must(links[i].event, links[i].name);
			links[i].link = bpf_link_create(links[i].program, links[i].event, BPF_PERF_EVENT, NULL);
		}
		must(links[i].link, links[i].name);
	}
}

static void detach_links(void)
{
	for (int i = 0; i < links_n; i++) {
		if (links[i].link >= 0)
			close(links[i].link);
		if (links[i].event >= 0)
			close(links[i].event);
		links[i].link = links[i].event = -1;
	}
}

/* ------------------------------------------------------------------ rounds */

/* Connections to port 7000 end at once: by these parts/beside sees that a tool is attached. */
static void start_door(void)
{
	int listener = bound(SOCK_STREAM, 7000), fd;
	pid_t pid = fork();

	must(pid, "fork");
	if (pid) {
		close(listener);
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while ((fd = accept(listener, NULL, NULL)) >= 0)
		close(fd);
	_exit(0);
}

static const struct part {
	const char *name;
	void (*start)(void);
	void (*measure)(double *result);
	useconds_t settle_us;
	int kinds;
	const char *names[KINDS];
	const char *unit;
	double goals[KINDS]; /* in % */
} parts[] = {
	{ "calls", keep_others_away, calls, 5000, KINDS, { NULL }, "ns", { NAN } },
	{ "loop", start_loop_server, loop, 100000, LOOP_KINDS,
	  { "a short connection, by the rate", "a short connection, CPU time of both sides" }, "us", { 3, NAN } },
	{ "iperf3", share_the_machine, iperf3, 100000, 1, { "1 GiB with iperf3" }, "ms", { 1 } },
};

struct setup {
	const char *name, *on, *off;
	size_t every;
	bool failed;
};

static double results[SETUPS_MAX][KINDS][ROUNDS_MAX];

static bool command(const char *text)
{
	if (!strncmp(text, "attach ", 7)) {
		attach_links(text + 7);
		return true;
	}
	if (!strcmp(text, "detach")) {
		detach_links();
		return true;
	}
	return !text[0] || system(text) == 0;
}

static void report(const struct part *part, const struct setup *setups, int n, size_t rounds)
{
	char name[160];

	for (int kind = 0; kind < part->kinds; kind++) {
		const char *what = part->names[kind] ? part->names[kind] : kinds[kind];
		for (int i = 0; i < n; i++) {
			const struct setup *s = &setups[i];
			double own[ROUNDS_MAX], base[ROUNDS_MAX];
			double goal = part->unit[0] == 'n' || i != 1 ? NAN : part->goals[kind];
			size_t used = 0;
			for (size_t round = 0; round < rounds; round += s->every) {
				own[used] = results[i][kind][round];
				base[used++] = results[0][kind][round];
			}
			if (s->failed)
				continue;
			snprintf(name, sizeof(name), "%s, %s", what, s->name);
			bench_say(part->name, name, part->unit, own, used, BENCH_NO_GOAL);
			if (i == 0)
				continue;
			if (part->unit[0] == 'n')
				bench_say_difference(part->name, name, setups[0].name, part->unit, own, base, used, NAN);
			bench_say_difference(part->name, name, setups[0].name, "%", own, base, used, goal);
		}
	}
}

int main(int argc, char **argv)
{
	struct setup setups[SETUPS_MAX] = { { "nothing attached", "", "", 1, false } };
	const struct part *part = NULL;
	double warm[KINDS];
	size_t rounds;
	int n = 1;

	for (size_t i = 0; argc > 2 && i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!strcmp(argv[1], parts[i].name))
			part = &parts[i];
	if (!part || (argc - 3) % 4 || (argc - 3) / 4 >= SETUPS_MAX) {
		fprintf(stderr, "usage: see the head of flows.c\n");
		return 2;
	}
	rounds = strtoul(argv[2], NULL, 10);
	if (rounds > ROUNDS_MAX)
		rounds = ROUNDS_MAX;
	for (int i = 3; i < argc; i += 4)
		setups[n++] = (struct setup){ argv[i], argv[i + 2], argv[i + 3], strtoul(argv[i + 1], NULL, 10), false };
	for (int i = 1; i < n; i++)
		if (!strncmp(setups[i].on, "attach ", 7))
			take_links_once(setups[i].on + 7);
	if (getenv("RINGSIDE_TEST_SLOWER"))
		slower = atoi(getenv("RINGSIDE_TEST_SLOWER"));

	if (part->start)
		part->start();
	start_door(); /* with its priority, or what is started would keep it from answering */
	part->measure(warm);
	for (size_t round = 0; round < rounds; round++) {
		/* each round begins elsewhere */
		for (int k = 0; k < n; k++) {
			int i = (k + (int)round) % n;
			double result[KINDS];
			if (round % setups[i].every || setups[i].failed)
				continue;
			if (!command(setups[i].on)) {
				bench_say_absent(part->name, setups[i].name, "does not run here");
				setups[i].failed = true;
			} else {
				usleep(part->settle_us); /* what was there before is being cleared away */
				part->measure(result);
				for (int kind = 0; kind < part->kinds; kind++)
					results[i][kind][round] = result[kind];
			}
			if (!command(setups[i].off))
				errx(1, "%s", setups[i].off);
		}
	}
	report(part, setups, n, rounds);
	return 0;
}
