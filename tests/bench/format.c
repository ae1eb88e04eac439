// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * format.c - from a full ring to bytes: what a record costs a reader.
 *
 *	format XDP-PIN SOURCE ROUNDS READER...
 *
 * Fills the ring of one CPU by BPF_PROG_TEST_RUN once and reads it again and again:
 * by the library alone, by the library with lines, and by the reader to /dev/null.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/resource.h>

#include "bench.h"
#include "ringside.h"

#define ROUNDS_MAX 200
#define LINES 100000

static const unsigned char echo4[] = {
	0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x00,
	0x45, 0, 0, 84, 0, 1, 0, 0, 64, 1, 0, 0, 192, 168, 1, 100, 10, 9, 0, 2,
	8, 0, 0, 0, 0x12, 0x34, 0x00, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};

static void fill(int program, uint32_t records)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = echo4, .data_size_in = sizeof(echo4), .repeat = (int)records);

	if (bpf_prog_test_run_opts(program, &opts))
		err(1, "BPF_PROG_TEST_RUN");
}

static struct ringside *open_ring(char *source)
{
	struct ringside_options options = { .size = sizeof(options), .sources = (const char *const[]){ source, NULL },
					    .flags = RINGSIDE_FROM_START };
	struct ringside *r;
	int error = ringside_open(&r, &options);

	if (error)
		errx(1, "open %s: %s", source, strerror(-error));
	return r;
}

/* ns a record; with LINES each becomes a line */
static double follow(char *source, bool lines, uint64_t *records)
{
	static struct ringside_event events[RINGSIDE_BATCH_MAX];
	static char block[65536 + RINGSIDE_LINE_MAX];
	struct ringside *r = open_ring(source);
	size_t used = 0;
	int64_t start;
	int n;

	*records = 0;
	ringside_next(r, events, RINGSIDE_BATCH_MAX); /* that it is attached */
	start = bench_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	while ((n = ringside_next(r, events, RINGSIDE_BATCH_MAX)) > 0) {
		for (int i = 0; i < n; i++)
			*records += events[i].kind == RINGSIDE_RECORD;
		for (int i = 0; lines && i < n; i++) {
			used += ringside_json(block + used, &events[i]);
			used = used >= 65536 ? 0 : used;
		}
	}
	start = bench_clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
	ringside_close(r);
	return (double)start / (double)(*records ?: 1);
}

/* A command that writes to /dev/null: its CPU time in ns. */
static double run(char *const *command)
{
	struct rusage usage;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		dup2(open("/dev/null", O_WRONLY), 1);
		bench_be_nobody();
		execvp(command[0], command);
		err(127, "run %s", command[0]);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0)
		errx(1, "%s failed", command[0]);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3;
}

enum { JSON4, JSON6, JSON_ERROR, JSON_PROCESS, JSON_TWO, JSON_CLOSE, TEXT4, SHAPES };
static const char *const shapes[] = {
	"JSON, IPv4 echo", "JSON, IPv6 echo", "JSON, IPv4 error", "JSON, IPv4 echo of a process",
	"JSON, IPv4 echo of two processes in turn", "JSON, close", "text, IPv4 echo",
};

static const struct rs_process ping = {
	.start_ns = 1, .cgroup_id = 4242, .pid = 1234567, .ppid = 1234560, .uid = 1000, .gid = 1000,
	.comm = "ping", .parent_comm = "bash", .exe = "ping\0bin\0usr\0", .parent_exe = "bash\0bin\0usr\0",
	.cgroup = "session-3.scope\0user-1000.slice\0user.slice\0",
};

static double format(int shape)
{
	static char lines[64][RINGSIDE_LINE_MAX];
	struct ringside_source source = { .name = "eth0", .if_name = "eth0" };
	struct rs_icmp r = { .hdr = { .type = RS_ICMP, .direction = RS_IN, .ip_version = 4 }, .icmp_type = 8,
			     .ttl = 64, .length = 84, .rest = 0x01003412, .src = { 192, 168, 1, 100 },
			     .dst = { 8, 8, 8, 8 } };
	struct ringside_names names = { .user = "alice" };
	struct ringside_event event = { .kind = RINGSIDE_RECORD, .cpu = 1, .seq = 123456, .names = &names,
					.time_ns = 1692123456789012345, .source = &source, .record = &r };
	struct rs_flow flow = { .hdr = { .type = RS_CLOSE, .direction = RS_OUT, .ip_version = 4 },
				.local = { 192, 168, 1, 100 }, .remote = { 93, 184, 215, 14 }, .local_port = 43210,
				.remote_port = 443, .protocol = 6, .attribution = RS_BY_CONTEXT, .if_name = "eth0",
				.netns = 4026531840, .time_ns = 123456789, .tx_bytes = 812, .rx_bytes = 54321,
				.tx_packets = 21, .rx_packets = 43, .rtt_us = 12345, .tid = 1234567, .process = ping };
	struct rs_process processes[2] = { ping, ping };
	int64_t start;

	if (shape == JSON6) {
		r.hdr.ip_version = 6;
		r.icmp_type = 128;
		memcpy(r.src, "\xfd\x09\0\0\0\0\0\0\x12\x34\x56\x78\x9a\xbc\xde\xf0", 16);
		memcpy(r.dst, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	} else if (shape == JSON_ERROR) {
		r.icmp_type = 3;
		r.icmp_code = 3;
		r.flags = RS_INNER | RS_INNER_PORTS;
		memcpy(r.inner_src, r.dst, 4);
		memcpy(r.inner_dst, r.src, 4);
		r.inner_protocol = 17;
		r.inner_sport = 53;
		r.inner_dport = 34567;
	}
	processes[1].pid++;
	memcpy(processes[1].exe, "fping\0bin\0usr\0", 15);
	if (shape == JSON_PROCESS || shape == JSON_TWO) {
		r.origin = RS_ORIGIN_PROCESS;
		r.pid = ping.pid;
		event.process = processes;
	} else if (shape == JSON_CLOSE) {
		event.record = &flow;
		event.process = &flow.process;
	}
	start = bench_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	for (int i = 0; i < LINES; i++) {
		/* as in a stream: what was said last has changed a little */
		event.seq++;
		event.time_ns += 7919;
		r.src[3] = (uint8_t)i;
		if (shape == JSON_TWO)
			event.process = &processes[i % 2];
		if (shape == TEXT4)
			ringside_text(lines[i % 64], &event);
		else
			ringside_json(lines[i % 64], &event);
	}
	return (double)(bench_clock_ns(CLOCK_THREAD_CPUTIME_ID) - start) / LINES;
}

int main(int argc, char **argv)
{
	static double formats[SHAPES][ROUNDS_MAX], followed[ROUNDS_MAX], lines[ROUNDS_MAX], rates[ROUNDS_MAX];
	uint64_t records = 0;
	size_t rounds;
	int program;

	if (argc < 5) {
		fprintf(stderr, "usage: see the head of format.c\n");
		return 2;
	}
	program = bpf_obj_get(argv[1]);
	rounds = strtoul(argv[3], NULL, 10);
	if (program < 0)
		err(1, "open %s", argv[1]);
	if (rounds > ROUNDS_MAX)
		rounds = ROUNDS_MAX;
	bench_pin_to(0);
	fill(program, 2000000); /* more than any ring has */
	for (size_t i = 0; i < rounds + 2; i++) {
		size_t at = i < 2 ? 0 : i - 2; /* the first two warm up */
		for (int shape = 0; shape < SHAPES; shape++)
			formats[shape][at] = format(shape);
		followed[at] = follow(argv[2], false, &records);
		lines[at] = follow(argv[2], true, &records);
		rates[at] = (double)records * 1e3 / run(argv + 4);
	}
	for (int shape = 0; shape < SHAPES; shape++)
		bench_say("lines", shapes[shape], "ns", formats[shape], rounds, BENCH_NO_GOAL);
	bench_say("lines", "ring to events (library)", "ns", followed, rounds, BENCH_NO_GOAL);
	bench_say("lines", "ring to JSON (library)", "ns", lines, rounds, BENCH_NO_GOAL);
	bench_say("lines", "ringside-reader to /dev/null", "million/s", rates, rounds, -10);
	return 0;
}
