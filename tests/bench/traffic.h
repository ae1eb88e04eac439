/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* traffic.h - echo requests at a rate, and what the whole machine did meanwhile. */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include <arpa/inet.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include "bench.h"

#define TRAFFIC_BATCH 10

/* A socket in another network namespace (NULL: this one): it stays there. */
static inline int traffic_open(const char *netns, const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int here = open("/proc/self/ns/net", O_RDONLY), there = netns ? open(netns, O_RDONLY) : -1, fd;

	if (here < 0 || (netns && (there < 0 || setns(there, CLONE_NEWNET))))
		err(1, "enter %s", netns ?: "network namespace");
	fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	inet_pton(AF_INET, address, &to.sin_addr);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		err(1, "raw socket to %s", address);
	if (netns && setns(here, CLONE_NEWNET))
		err(1, "leave %s", netns);
	close(here);
	if (there >= 0)
		close(there);
	return fd;
}

/* COUNT packets at RATE (0: as fast as it goes), a few at a time, in twice the time that
 * this takes at most. Returns the rate that was held.
 */
static inline double traffic_send(int fd, int rate, int count)
{
	static struct icmphdr echo[TRAFFIC_BATCH];
	struct iovec parts[TRAFFIC_BATCH];
	struct mmsghdr messages[TRAFFIC_BATCH] = {};
	int64_t start, end, period = rate ? 1000000000LL * TRAFFIC_BATCH / rate : 0;
	int sent = 0;

	for (int i = 0; i < TRAFFIC_BATCH; i++) {
		echo[i] = (struct icmphdr){ .type = ICMP_ECHO, .checksum = (uint16_t)~ICMP_ECHO };
		parts[i] = (struct iovec){ &echo[i], sizeof(echo[i]) };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	start = bench_clock_ns(CLOCK_MONOTONIC);
	end = start + (rate ? 2000000000LL * count / rate : 60000000000LL);
	for (int64_t at = start; sent < count && bench_clock_ns(CLOCK_MONOTONIC) < end; at += period) {
		struct timespec t = { .tv_sec = at / 1000000000, .tv_nsec = at % 1000000000 };
		int n;
		if (rate && bench_clock_ns(CLOCK_MONOTONIC) < at)
			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		n = sendmmsg(fd, messages, TRAFFIC_BATCH, 0);
		if (n < 0 && errno != ENOBUFS)
			err(1, "sendmmsg");
		sent += n > 0 ? n : 0;
	}
	return sent * 1e9 / (double)(bench_clock_ns(CLOCK_MONOTONIC) - start);
}

static inline int64_t machine_idle_ns(void)
{
	unsigned long long user, nice, system, idle, iowait;
	FILE *file = fopen("/proc/stat", "r");

	if (!file || fscanf(file, "cpu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &iowait) != 5)
		err(1, "read /proc/stat");
	fclose(file);
	return (int64_t)(idle + iowait) * (1000000000 / sysconf(_SC_CLK_TCK));
}

/* Time that all CPUs together were not idle, ns; only differences mean something. */
static inline int64_t machine_busy_ns(void)
{
	return bench_clock_ns(CLOCK_MONOTONIC) * sysconf(_SC_NPROCESSORS_ONLN) - machine_idle_ns();
}

/* Above this, before the packets, nothing is said of the whole machine. */
#define MACHINE_OTHERS_MAX 10

/* What other work takes of it just now. */
static inline double machine_others_percent(void)
{
	int64_t from = bench_clock_ns(CLOCK_MONOTONIC), busy = machine_busy_ns();

	usleep(200000);
	busy = machine_busy_ns() - busy;
	from = bench_clock_ns(CLOCK_MONOTONIC) - from;
	return 100 * (double)busy / (double)(from * sysconf(_SC_NPROCESSORS_ONLN));
}

#endif
