// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * kernel.c - what a packet costs in the programs, by BPF_PROG_TEST_RUN.
 *
 *	kernel cost BASELINE.bpf.o XDP-PIN TC-PIN ROUNDS
 *	kernel crowd XDP-PIN ROUNDS READER...       with 0, 1, 16 and 64 readers
 *
 * Each figure is a thread's CPU time divided by the repetitions, which leaves out
 * the time in which something else had the core.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>

#include "bench.h"

#define REPEAT 100000
#define ROUNDS_MAX 1000

static const unsigned char tcp4[] = {
	0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x00,
	0x45, 0, 0, 60, 0, 1, 0, 0, 64, 6, 0, 0, 10, 9, 0, 1, 10, 9, 0, 2,
	0x1f, 0x90, 0x00, 0x50, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const unsigned char echo4[] = {
	0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x00,
	0x45, 0, 0, 60, 0, 1, 0, 0, 64, 1, 0, 0, 10, 9, 0, 1, 10, 9, 0, 2,
	8, 0, 0, 0, 0x12, 0x34, 0x00, 0x01,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const unsigned char unreachable4[] = {
	0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x00,
	0x45, 0, 0, 56, 0, 1, 0, 0, 64, 1, 0, 0, 10, 9, 0, 1, 10, 9, 0, 2,
	3, 3, 0, 0, 0, 0, 0, 0,
	0x45, 0, 0, 40, 0, 1, 0, 0, 64, 17, 0, 0, 10, 9, 0, 2, 10, 9, 0, 1, 0x30, 0x39, 0x00, 0x35, 0, 20, 0, 0,
};
static const unsigned char tcp6[] = {
	0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x86, 0xdd,
	0x60, 0, 0, 0, 0, 20, 6, 64,
	0xfd, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xfd, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
	0x1f, 0x90, 0x00, 0x50, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0,
};
static const unsigned char echo6[] = {
	0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x86, 0xdd,
	0x60, 0, 0, 0, 0, 16, 58, 64,
	0xfd, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xfd, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
	128, 0, 0, 0, 0x12, 0x34, 0x00, 0x01, 0, 0, 0, 0, 0, 0, 0, 0,
};

struct variant {
	const char *name;
	int program; /* index into programs */
	const unsigned char *packet;
	size_t size;
	int base; /* index of what it is compared with, or -1 */
	double goal;
};

enum { XDP_EMPTY, XDP_CLOCK, XDP_RINGBUF, XDP_PERF, TC_EMPTY, TC_CLOCK, BASELINES, XDP = BASELINES, TC, PROGRAMS };

static const char *const baselines[] = { "xdp_empty", "xdp_clock", "xdp_ringbuf", "xdp_perf", "tc_empty", "tc_clock" };

#define PACKET(p) p, sizeof(p)
static const struct variant variants[] = {
	{ "xdp, empty", XDP_EMPTY, PACKET(tcp4), -1, BENCH_NO_GOAL },
	{ "xdp, the clock alone", XDP_CLOCK, PACKET(echo4), -1, BENCH_NO_GOAL },
	{ "tc, empty", TC_EMPTY, PACKET(tcp4), -1, BENCH_NO_GOAL },
	{ "tc, the clock alone", TC_CLOCK, PACKET(echo4), -1, BENCH_NO_GOAL },
	{ "xdp, IPv4 TCP", XDP, PACKET(tcp4), 0, 2 },
	{ "xdp, IPv6 TCP", XDP, PACKET(tcp6), 0, 2 },
	{ "xdp, IPv4 echo recorded", XDP, PACKET(echo4), 1, 15 },
	{ "xdp, IPv6 echo recorded", XDP, PACKET(echo6), 1, 15 },
	{ "xdp, IPv4 error recorded", XDP, PACKET(unreachable4), 1, BENCH_NO_GOAL },
	{ "xdp, BPF_MAP_TYPE_RINGBUF", XDP_RINGBUF, PACKET(echo4), 1, BENCH_NO_GOAL },
	{ "xdp, perf buffer", XDP_PERF, PACKET(echo4), 1, BENCH_NO_GOAL },
	{ "tc, IPv4 TCP", TC, PACKET(tcp4), 2, 2 },
	{ "tc, IPv6 TCP", TC, PACKET(tcp6), 2, 2 },
	{ "tc, IPv4 echo recorded", TC, PACKET(echo4), 3, 15 },
	{ "tc, IPv6 echo recorded", TC, PACKET(echo6), 3, 15 },
};
#define VARIANTS (int)(sizeof(variants) / sizeof(variants[0]))

static double run(int program, const unsigned char *packet, size_t size)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = (__u32)size, .repeat = REPEAT);
	int64_t start = bench_clock_ns(CLOCK_THREAD_CPUTIME_ID);

	if (bpf_prog_test_run_opts(program, &opts))
		err(1, "BPF_PROG_TEST_RUN");
	return (double)(bench_clock_ns(CLOCK_THREAD_CPUTIME_ID) - start) / REPEAT;
}

static int open_pin(const char *path)
{
	int fd = bpf_obj_get(path);

	if (fd < 0)
		err(1, "open %s", path);
	return fd;
}

/* Nobody reads the plain buffers, so they must be emptied between the runs:
 * a full one would be measured as fast.
 */
static int discard(void *context, void *data, size_t size)
{
	return 0;
}

static enum bpf_perf_event_ret discard_event(void *context, int cpu, struct perf_event_header *event)
{
	return LIBBPF_PERF_EVENT_CONT;
}

/* Nobody is woken either. */
static struct perf_buffer *perf_buffer_of(struct bpf_object *object)
{
	struct perf_event_attr attr = { .size = sizeof(attr), .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_BPF_OUTPUT,
					.sample_type = PERF_SAMPLE_RAW, .sample_period = 1, .watermark = 1,
					.wakeup_watermark = 1 << 30 };
	struct perf_buffer *events = perf_buffer__new_raw(bpf_object__find_map_fd_by_name(object, "events"), 1024, &attr,
							  discard_event, NULL, NULL);

	if (!events)
		err(1, "perf buffer");
	return events;
}

static int cost(char **argv)
{
	static double results[sizeof(variants) / sizeof(variants[0])][ROUNDS_MAX];
	struct bpf_object *object = bpf_object__open_file(argv[0], NULL);
	size_t rounds = strtoul(argv[3], NULL, 10);
	struct ring_buffer *plain;
	struct perf_buffer *events;
	int programs[PROGRAMS];

	if (!object || bpf_object__load(object))
		err(1, "load %s", argv[0]);
	for (int i = 0; i < BASELINES; i++)
		programs[i] = bpf_program__fd(bpf_object__find_program_by_name(object, baselines[i]));
	programs[XDP] = open_pin(argv[1]);
	programs[TC] = open_pin(argv[2]);
	plain = ring_buffer__new(bpf_object__find_map_fd_by_name(object, "plain"), discard, NULL, NULL);
	if (!plain)
		err(1, "ring buffer");
	events = perf_buffer_of(object);
	if (rounds > ROUNDS_MAX)
		rounds = ROUNDS_MAX;
	for (size_t round = 0; round < rounds + 3; round++) {
		for (int k = 0; k < VARIANTS; k++) {
			/* each round begins elsewhere; the first three warm up */
			const struct variant *v = &variants[(k + (int)round) % VARIANTS];
			double ns = 0;
			if (v->program == XDP_RINGBUF || v->program == XDP_PERF) {
				LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = v->packet,
					    .data_size_in = (__u32)v->size, .repeat = REPEAT / 4);
				for (int part = 0; part < 4; part++) {
					int64_t start = bench_clock_ns(CLOCK_THREAD_CPUTIME_ID);
					if (bpf_prog_test_run_opts(programs[v->program], &opts))
						err(1, "BPF_PROG_TEST_RUN");
					ns += (double)(bench_clock_ns(CLOCK_THREAD_CPUTIME_ID) - start) / REPEAT;
					ring_buffer__consume(plain);
					perf_buffer__consume(events);
				}
			} else {
				ns = run(programs[v->program], v->packet, v->size);
			}
			if (round >= 3)
				results[v - variants][round - 3] = ns;
		}
	}
	for (int i = 0; i < VARIANTS; i++) {
		const struct variant *v = &variants[i];
		bench_say("kernel", v->name, "ns", results[i], rounds, BENCH_NO_GOAL);
		if (v->base >= 0)
			bench_say_difference("kernel", v->name, variants[v->base].name, "ns", results[i],
					     results[v->base], rounds, v->goal);
	}
	ring_buffer__free(plain);
	perf_buffer__free(events);
	bpf_object__close(object);
	return 0;
}

static int with_crowds(char **argv)
{
	static const int sizes[] = { 0, 1, 16, 64 };
	static double results[4][ROUNDS_MAX];
	int program = open_pin(argv[0]);
	size_t rounds = strtoul(argv[1], NULL, 10), n = 0;
	struct bench_crowd crowd;

	for (size_t round = 0; round < rounds + 1 && n + 20 <= ROUNDS_MAX; round++) {
		for (int i = 0; i < 4; i++) {
			bench_start(&crowd, sizes[i], argv + 2, "following", false, 1);
			for (int k = 0; k < 20; k++) {
				double ns = run(program, echo4, sizeof(echo4));
				if (round > 0)
					results[i][n + (size_t)k] = ns;
			}
			bench_stop(&crowd, SIGKILL);
			bench_forget(&crowd);
		}
		n += round > 0 ? 20 : 0;
	}
	for (int i = 0; i < 4; i++) {
		char name[64];
		snprintf(name, sizeof(name), "xdp, IPv4 echo, %d readers", sizes[i]);
		bench_say("readers", name, "ns", results[i], n, BENCH_NO_GOAL);
		if (i > 0)
			bench_say_difference("readers", name, "xdp, IPv4 echo, 0 readers", "%", results[i],
					     results[0], n, 5);
	}
	return 0;
}

int main(int argc, char **argv)
{
	bench_pin_to(0);
	if (argc == 6 && !strcmp(argv[1], "cost"))
		return cost(argv + 2);
	if (argc >= 5 && !strcmp(argv[1], "crowd"))
		return with_crowds(argv + 2);
	fprintf(stderr, "usage: see the head of kernel.c\n");
	return 2;
}
