// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * latency.c - from a packet to its line.
 *
 *	latency ADDRESS SOURCE RATE COUNT READER...
 *
 * A thread on CPU 0 sends ICMP echo requests; the reader on CPU 1 writes to a pipe.
 * Both go before everything else there: a core for each, on a busy machine too.
 * With "cat" as READER the same is done without ringside: the sender writes a line into a pipe, cat copies it. That is
 * what the machine takes to wake two processes, one after the other, and nothing can be faster on it.
 * What is measured: when a line has arrived minus when the program saw the packet,
 * on the kernel's clock (from the record's ts_us, which is cut to a microsecond).
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "bench.h"
#include "ringside.h"

#define COUNT_MAX 1000000

static struct sockaddr_in to;
static int rate, count;
static int64_t clock_offset; /* of ringside's records, to Unix time */
static int cat = -1; /* where lines go instead of packets */

/* Spread over the period, so that nothing beats against the kernel's ticks. */
static void *sender(void *argument)
{
	struct icmphdr echo = { .type = ICMP_ECHO, .un.echo.id = htons(0x7273) };
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	int64_t start = bench_clock_ns(CLOCK_MONOTONIC), period = 1000000000 / rate;
	unsigned int seed = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		err(1, "raw socket");
	bench_pin_to(0);
	prctl(PR_SET_TIMERSLACK, 1);
	for (int i = 0; i < count; i++) {
		int64_t at = start + (i + 1) * period + rand_r(&seed) % (period / 2);
		struct timespec t = { .tv_sec = at / 1000000000, .tv_nsec = at % 1000000000 };
		uint32_t sum = (uint32_t)ICMP_ECHO + 0x7372 + htons((uint16_t)i);
		echo.un.echo.sequence = htons((uint16_t)i);
		sum = (sum & 0xffff) + (sum >> 16);
		echo.checksum = (uint16_t)~((sum & 0xffff) + (sum >> 16));
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		if (cat >= 0)
			dprintf(cat, "{\"ts_us\":%" PRId64 ",\"icmp_id\":29299,}\n",
				(bench_clock_ns(CLOCK_BOOTTIME) + clock_offset) / 1000);
		else if (send(fd, &echo, sizeof(echo), 0) < 0 && errno != ENOBUFS)
			err(1, "send");
	}
	close(fd);
	return NULL;
}

static int64_t offset_of(char *source)
{
	struct ringside_options options = { .size = sizeof(options), .sources = (const char *const[]){ source, NULL } };
	struct ringside *r;
	int64_t offset;

	if (ringside_open(&r, &options) || !ringside_source(r, 0))
		errx(1, "open %s", source);
	offset = ringside_source(r, 0)->about.clock_offset_ns;
	ringside_close(r);
	return offset;
}

int main(int argc, char **argv)
{
	static double us[COUNT_MAX];
	static char block[1 << 20];
	size_t n = 0, used = 0;
	int out[2], messages[2], in[2];
	char name[96], text[4096] = "";
	const char *what = "packet to line";
	pthread_t thread;
	pid_t pid;

	if (argc < 6) {
		fprintf(stderr, "usage: see the head of latency.c\n");
		return 2;
	}
	to.sin_family = AF_INET;
	inet_pton(AF_INET, argv[1], &to.sin_addr);
	rate = atoi(argv[3]);
	count = atoi(argv[4]) < COUNT_MAX ? atoi(argv[4]) : COUNT_MAX;
	clock_offset = offset_of(argv[2]);
	if (pipe(out) || pipe(messages) || pipe(in))
		err(1, "pipe");
	if (!strcmp(argv[5], "cat")) {
		cat = in[1];
		what = "without ringside (cat), line to line";
	}
	pid = fork();
	if (pid == 0) {
		dup2(in[0], 0);
		close(in[1]);
		dup2(out[1], 1);
		dup2(messages[1], 2);
		bench_pin_to(1);
		bench_go_first();
		bench_be_nobody();
		execvp(argv[5], argv + 5);
		err(127, "run %s", argv[5]);
	}
	close(out[1]);
	close(messages[1]);
	close(in[0]);
	while (cat < 0 && !strstr(text, "following")) {
		ssize_t got = read(messages[0], text, sizeof(text) - 1);
		if (got <= 0)
			errx(1, "%s: did not start", argv[5]);
		text[got] = '\0';
	}
	usleep(200000);
	bench_pin_to(0);
	bench_go_first(); /* the sender too: it inherits that */
	pthread_create(&thread, NULL, sender, NULL);
	while (n < (size_t)count) {
		struct pollfd input = { .fd = out[0], .events = POLLIN };
		char *line = block, *end;
		ssize_t got;
		int64_t now;

		if (poll(&input, 1, 3000) <= 0)
			break;
		got = read(out[0], block + used, sizeof(block) - 1 - used);
		now = bench_clock_ns(CLOCK_BOOTTIME);
		if (got <= 0)
			break;
		used += (size_t)got;
		block[used] = '\0';
		for (; (end = strchr(line, '\n')); line = end + 1) {
			char *ts = strstr(line, "\"ts_us\":");
			if (ts && ts < end && strstr(line, "\"icmp_id\":29299,") && n < (size_t)count)
				us[n++] = (double)(now - (strtoll(ts + 8, NULL, 10) * 1000 - clock_offset)) / 1000;
		}
		used -= (size_t)(line - block);
		memmove(block, line, used);
	}
	pthread_join(thread, NULL);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	if (n < (size_t)count)
		errx(1, "%zu lines of %d packets", n, count);
	/* the first tenth warms up */
	double *measured = us + n / 10;
	n -= n / 10;
	snprintf(name, sizeof(name), "%s at %d/s", what, rate);
	/* above 4,000 records a second a reader naps, so that it costs less */
	bench_say("latency", name, "us", measured, n, rate <= 4000 && cat < 0 ? 30 : BENCH_NO_GOAL);
	snprintf(name, sizeof(name), "%s at %d/s, 99th percentile", what, rate);
	bench_say_value("latency", name, "us", bench_quantile(measured, n, 0.99), 0, n, BENCH_NO_GOAL);
	snprintf(name, sizeof(name), "%s at %d/s, 99.9th percentile", what, rate);
	if (n > 1000) /* of fewer it is the slowest one */
		bench_say_value("latency", name, "us", bench_quantile(measured, n, 0.999), 0, n, BENCH_NO_GOAL);
	return 0;
}
