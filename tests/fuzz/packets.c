// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * packets.c - makes packets, runs each through the kernel's programs and says
 * what they made of it.
 *
 *	packets OBJECT PREFIX made          the hand-made ones (made.h)
 *	packets OBJECT PREFIX FROM COUNT    random ones, number FROM and on
 *
 * Writes PREFIX.pcap and PREFIX.tsv, a line for each packet: what was recorded,
 * or which counter moved. Packet N is the same in every run, whatever FROM is.
 *
 * Each packet goes through the XDP program and the tc program, each with the
 * packet in one piece and with only a part of it linear, where the kernel can do
 * that. Checked of every run: the verdict, that the packet is unchanged, that
 * exactly one counter moved by one, the record's check word, number and padding,
 * and that all runs of a packet recorded the same.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"
#include "generate.h"

#define LINEAR_MAX 3000 /* surely fits the page that a test run has for the linear part */
#define SLOTS 8

/* --- through the kernel --------------------------------------------------- */

struct kernel {
	int xdp, tc;
	uint32_t cpus, cpu;
	const struct rs_counters *counters;
	const uint8_t *ring;
	uint64_t runs[4]; /* by enum mode */
	bool cannot[4];	  /* partly linear: XDP from 6.18 on, tc from 6.19 on */
};

/* What came of one run. */
struct outcome {
	const char *what; /* "record" or the counter that moved */
	struct rs_icmp record;
};

static void *map_memory(struct bpf_object *object, const char *name, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ, MAP_SHARED, bpf_object__find_map_fd_by_name(object, name), 0);

	if (at == MAP_FAILED)
		err(1, "mmap %s", name);
	return at;
}

static void load(struct kernel *k, const char *file)
{
	const struct {
		__u32 cpus, slots, l2_len, ordered, interrupted, netns; /* struct rs_config of ring.bpf.h */
	} config = { libbpf_num_possible_cpus(), SLOTS, 14, 0, 0 };
	struct bpf_object *object = bpf_object__open_file(file, NULL);
	int error;

	if (!object)
		err(1, "open %s", file);
	error = bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "ring"), config.cpus * (1 + SLOTS));
	error = error ?: bpf_map__set_max_entries(bpf_object__find_map_by_name(object, "counters"), config.cpus);
	error = error ?: bpf_map__set_initial_value(bpf_object__find_map_by_name(object, ".rodata.ringside"),
						    &config, sizeof(config));
	error = error ?: bpf_object__load(object);
	if (error)
		errx(1, "load %s: %s", file, strerror(-error));
	k->xdp = bpf_program__fd(bpf_object__find_program_by_name(object, "ringside_xdp"));
	k->tc = bpf_program__fd(bpf_object__find_program_by_name(object, "ringside_tc"));
	k->cpus = config.cpus;
	k->counters = map_memory(object, "counters", config.cpus * sizeof(struct rs_counters));
	k->ring = map_memory(object, "ring", (size_t)config.cpus * (1 + SLOTS) * RS_SLOT_SIZE);
}

/* One CPU's ring and counters are then all that can move. */
static void stay_on_this_cpu(struct kernel *k)
{
	cpu_set_t set;

	k->cpu = sched_getcpu();
	CPU_ZERO(&set);
	CPU_SET(k->cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(1, "sched_setaffinity");
}

static uint64_t boot_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static const struct rs_head *head_of(const struct kernel *k)
{
	return (const void *)(k->ring + k->cpu * RS_SLOT_SIZE);
}

/* The counters that may move, and their names in the .tsv. */
static const char *const filtered_names[] = { "other", "fragment", "rule", "summed" };
static const char *const failed_names[] = { "truncated", "malformed", "headers", "ring" };

_Static_assert(sizeof(filtered_names) / sizeof(char *) == RS_FILTERED_N, "abi.h has others");
_Static_assert(sizeof(failed_names) / sizeof(char *) == RS_FAILED_N, "abi.h has others");

static const char *what_moved(const struct kernel *k, const struct rs_counters *before, uint64_t written)
{
	const struct rs_counters *now = &k->counters[k->cpu];
	const char *what = written ? "record" : NULL;
	uint64_t moved = written;

	for (int i = 0; i < RS_FILTERED_N; i++) {
		moved += now->filtered[i] - before->filtered[i];
		if (now->filtered[i] != before->filtered[i])
			what = filtered_names[i];
	}
	for (int i = 0; i < RS_FAILED_N; i++) {
		moved += now->failed[i] - before->failed[i];
		if (now->failed[i] != before->failed[i])
			what = failed_names[i];
	}
	if (now->seen - before->seen != 1 || moved != 1)
		return NULL;
	return what;
}

static const char *wrong_with(const struct rs_icmp *r, uint64_t n, int direction, uint64_t from_ns, uint64_t to_ns)
{
	static const uint8_t zero[32];

	if (r->hdr.seq != n + 1)
		return "its number is wrong";
	if (r->hdr.check != rs_check(r, n, RS_SLOT_SIZE))
		return "its check word is wrong";
	if (r->hdr.type != RS_ICMP || r->hdr.direction != direction)
		return "its type or direction is wrong";
	if (r->hdr.ts_ns < from_ns || r->hdr.ts_ns > to_ns)
		return "its time is not that of the run";
	if (memcmp(r->hdr.pad, zero, sizeof(r->hdr.pad)) || r->pad || r->origin || r->pid || r->started)
		return "its padding is not zero";
	if (r->hdr.ip_version == 4 && (memcmp(r->src + 4, zero, 12) || memcmp(r->dst + 4, zero, 12) ||
				       memcmp(r->inner_src + 4, zero, 12) || memcmp(r->inner_dst + 4, zero, 12)))
		return "behind an IPv4 address it is not zero";
	if (!(r->flags & RS_INNER) &&
	    (memcmp(r->inner_src, zero, 16) || memcmp(r->inner_dst, zero, 16) || r->inner_protocol))
		return "it has no inner packet, but inner addresses";
	if (!(r->flags & RS_INNER_PORTS) && (r->inner_sport || r->inner_dport))
		return "it has inner ports without saying so";
	for (int i = r->vlans; i < 2; i++)
		if (r->vlan[i])
			return "it has a VLAN id too many";
	return NULL;
}

enum mode { XDP_WHOLE, XDP_PARTLY_LINEAR, TC, TC_PARTLY_LINEAR, MODES };
static const char *const mode_names[MODES] = { "xdp", "xdp, partly linear", "tc", "tc, partly linear" };

/* For tc, BPF_PROG_TEST_RUN wants a whole IP header behind an IP EtherType, in the linear part. */
static uint32_t least_for_tc(const struct frame *f)
{
	uint32_t ethertype = f->bytes[12] << 8 | f->bytes[13];

	return FRAME_MIN + (ethertype == 0x0800 ? 20 : ethertype == 0x86dd ? 40 : 0);
}

/* Returns 0, or -1 where this kernel cannot run a packet in this way. */
static int run(struct kernel *k, const char *name, const struct frame *f, enum mode mode, struct outcome *outcome)
{
	static uint8_t out[FRAME_MAX + 64];
	struct rs_counters before = k->counters[k->cpu];
	uint64_t n = head_of(k)->next, from_ns = boot_ns();
	bool tc = mode == TC || mode == TC_PARTLY_LINEAR;
	uint32_t linear = (tc ? least_for_tc(f) : FRAME_MIN) + f->bytes[5] % 80;
	struct xdp_md xdp_context = { .data_end = linear };
	struct __sk_buff tc_context = { .data_end = linear };
	const char *wrong;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->bytes, .data_size_in = f->size,
		    .data_out = out, .data_size_out = sizeof(out));

	if (tc && (f->size < least_for_tc(f) || f->size > LINEAR_MAX))
		return -1;
	if (mode == XDP_PARTLY_LINEAR || mode == TC_PARTLY_LINEAR) {
		if (linear >= f->size)
			return -1;
		opts.ctx_in = tc ? (void *)&tc_context : (void *)&xdp_context;
		opts.ctx_size_in = tc ? sizeof(tc_context) : sizeof(xdp_context);
	}
	if (bpf_prog_test_run_opts(tc ? k->tc : k->xdp, &opts)) {
		if (opts.ctx_in && errno == EINVAL)
			return -1;
		err(1, "%s: BPF_PROG_TEST_RUN (%s)", name, mode_names[mode]);
	}
	k->runs[mode]++;
	if (opts.retval != (tc ? (uint32_t)TC_ACT_UNSPEC : XDP_PASS))
		errx(1, "%s (%s): the verdict is %d", name, mode_names[mode], (int)opts.retval);
	if (opts.data_size_out != f->size || memcmp(out, f->bytes, f->size))
		errx(1, "%s (%s): the packet was changed", name, mode_names[mode]);

	memset(outcome, 0, sizeof(*outcome));
	outcome->what = what_moved(k, &before, head_of(k)->next - n);
	if (!outcome->what)
		errx(1, "%s (%s): seen is not written + filtered + failed", name, mode_names[mode]);
	if (strcmp(outcome->what, "record") != 0)
		return 0;
	memcpy(&outcome->record, k->ring + (k->cpus + k->cpu * SLOTS + n % SLOTS) * RS_SLOT_SIZE, RS_SLOT_SIZE);
	wrong = wrong_with(&outcome->record, n, tc ? RS_OUT : RS_IN, from_ns, boot_ns());
	if (wrong)
		errx(1, "%s (%s): of the record %s", name, mode_names[mode], wrong);
	return 0;
}

static bool same(const struct outcome *a, const struct outcome *b)
{
	return strcmp(a->what, b->what) == 0 && a->record.hdr.ip_version == b->record.hdr.ip_version &&
	       memcmp((const char *)&a->record + sizeof(struct rs_hdr),
		      (const char *)&b->record + sizeof(struct rs_hdr), RS_SLOT_SIZE - sizeof(struct rs_hdr)) == 0;
}

/* --- what comes out ------------------------------------------------------- */

static void print_line(FILE *tsv, const char *name, const struct outcome *o)
{
	const struct rs_icmp *r = &o->record;
	int family = r->hdr.ip_version == 4 ? AF_INET : AF_INET6;
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN], vlan[16] = "";

	fprintf(tsv, "%s\t%s", name, o->what);
	if (strcmp(o->what, "record") != 0) {
		fputc('\n', tsv);
		return;
	}
	if (r->vlans)
		snprintf(vlan, sizeof(vlan), r->vlans == 2 ? "%u,%u" : "%u", r->vlan[0], r->vlan[1]);
	inet_ntop(family, r->src, src, sizeof(src));
	inet_ntop(family, r->dst, dst, sizeof(dst));
	fprintf(tsv, "\t%s\t%u\t%s\t%s\t%u\t%u\t%u\t%u\t%08x", vlan, r->hdr.ip_version, src, dst, r->ttl, r->length,
		r->icmp_type, r->icmp_code, ntohl(r->rest));
	if (r->flags & RS_INNER) {
		inet_ntop(family, r->inner_src, src, sizeof(src));
		inet_ntop(family, r->inner_dst, dst, sizeof(dst));
		fprintf(tsv, "\t%s\t%s\t%u", src, dst, r->inner_protocol);
	} else {
		fprintf(tsv, "\t\t\t");
	}
	if (r->flags & RS_INNER_PORTS)
		fprintf(tsv, "\t%u\t%u\n", r->inner_sport, r->inner_dport);
	else
		fprintf(tsv, "\t\t\n");
}

static void write_pcap_header(FILE *pcap)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, accuracy, snaplen, link;
	} header = { 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1 };

	fwrite(&header, sizeof(header), 1, pcap);
}

static void write_pcap(FILE *pcap, const struct frame *f)
{
	const uint32_t header[] = { 0, 0, f->size, f->size };

	fwrite(header, sizeof(header), 1, pcap);
	fwrite(f->bytes, f->size, 1, pcap);
}

struct output {
	FILE *pcap, *tsv;
};

static FILE *create(const char *prefix, const char *suffix)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s%s", prefix, suffix);
	file = fopen(path, "w");
	if (!file)
		err(1, "%s", path);
	setvbuf(file, NULL, _IOFBF, 1 << 20);
	return file;
}

static void close_written(FILE *file)
{
	if (fflush(file) || ferror(file) || fclose(file))
		err(1, "write");
}

static void one_packet(struct kernel *k, struct output *out, const char *name, const struct frame *f)
{
	struct outcome whole, other;

	if (run(k, name, f, XDP_WHOLE, &whole))
		errx(1, "%s: cannot be run", name);
	for (enum mode mode = XDP_PARTLY_LINEAR; mode < MODES; mode++)
		if (!k->cannot[mode] && run(k, name, f, mode, &other) == 0 && !same(&whole, &other))
			errx(1, "%s: %s by XDP, %s by %s, or another record", name, whole.what, other.what, mode_names[mode]);
	write_pcap(out->pcap, f);
	print_line(out->tsv, name, &whole);
}

/* Each as it is, and those that fit a small frame again, cut at every byte. */
static void run_made(struct kernel *k, struct output *out)
{
	struct layer layers[LAYERS_MAX];
	char name[600];
	struct frame f;

	for (int i = 0; i < MADE_N; i++) {
		int count = parse_layers(made[i], layers);

		rng = i + 1;
		build(&f, layers, count);
		one_packet(k, out, made[i], &f);
		if (f.size > 200)
			continue;
		while (f.size > FRAME_MIN) {
			f.size--;
			snprintf(name, sizeof(name), "%s, cut to %u bytes", made[i], f.size);
			one_packet(k, out, name, &f);
		}
	}
}

static void run_random(struct kernel *k, struct output *out, uint64_t from, uint64_t count)
{
	char name[32];
	struct frame f;

	for (uint64_t i = from; i < from + count; i++) {
		random_frame(&f, i);
		snprintf(name, sizeof(name), "random %llu", (unsigned long long)i);
		one_packet(k, out, name, &f);
	}
}

/* Older kernels say EINVAL to a frame of which a part is not linear. */
static void try_modes(struct kernel *k)
{
	struct outcome outcome;
	struct frame f = { .size = 100 };

	for (enum mode mode = XDP_PARTLY_LINEAR; mode < MODES; mode++)
		k->cannot[mode] = run(k, "a first try", &f, mode, &outcome) != 0;
	memset(k->runs, 0, sizeof(k->runs));
}

int main(int argc, char **argv)
{
	struct output out = { 0 };
	struct kernel k = { 0 };
	bool only_made = argc == 4 && strcmp(argv[3], "made") == 0;

	if (!only_made && argc != 5)
		errx(2, "usage: packets OBJECT PREFIX made | packets OBJECT PREFIX FROM COUNT");
	libbpf_set_print(NULL);
	load(&k, argv[1]);
	stay_on_this_cpu(&k);
	try_modes(&k);
	out.pcap = create(argv[2], ".pcap");
	out.tsv = create(argv[2], ".tsv");
	write_pcap_header(out.pcap);
	if (only_made)
		run_made(&k, &out);
	else
		run_random(&k, &out, strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
	close_written(out.pcap);
	close_written(out.tsv);
	for (enum mode mode = XDP_WHOLE; mode < MODES; mode++)
		printf("%llu runs by %s\n", (unsigned long long)k.runs[mode], mode_names[mode]);
	return 0;
}
