// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * plain.c - packets to JSON in the obvious way: ring_buffer__poll and printf.
 *
 *	plain OBJECT INTERFACE
 *
 * As root all the time, for itself alone: what is measured beside ringside.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "plain.h"

static volatile sig_atomic_t ended;
static long long offset_ns;
static const char *interface;

static void end(int number)
{
	ended = 1;
}

static int print(void *context, void *data, size_t size)
{
	const struct plain_record *r = data;
	long long us = ((long long)r->ns + offset_ns) / 1000;

	printf("{\"event\":\"icmp\",\"src_ip\":\"%u.%u.%u.%u\",\"dst_ip\":\"%u.%u.%u.%u\",\"icmp_type\":%u,\"icmp_code\":%u,"
	       "\"timestamp\":%lld,\"ts_us\":%lld,\"if_name\":\"%s\",\"direction\":\"in\",\"ip_version\":4,\"length\":%u,\"ttl\":%u,"
	       "\"icmp_id\":%u,\"icmp_seq\":%u}\n",
	       r->src[0], r->src[1], r->src[2], r->src[3], r->dst[0], r->dst[1], r->dst[2], r->dst[3], r->type, r->code,
	       us / 1000, us, interface, r->length, r->ttl, r->id, r->sequence);
	return 0;
}

int main(int argc, char **argv)
{
	struct bpf_object *object;
	struct bpf_program *program;
	struct ring_buffer *records;
	struct timespec real, boot;
	struct bpf_link *link;

	if (argc != 3)
		errx(2, "usage: plain OBJECT INTERFACE");
	interface = argv[2];
	object = bpf_object__open_file(argv[1], NULL);
	if (!object || bpf_object__load(object))
		err(1, "load %s", argv[1]);
	program = bpf_object__find_program_by_name(object, "plain");
	link = bpf_program__attach_xdp(program, (int)if_nametoindex(interface));
	if (!link)
		err(1, "attach to %s", interface);
	records = ring_buffer__new(bpf_object__find_map_fd_by_name(object, "records"), print, NULL, NULL);
	if (!records)
		err(1, "ring buffer");
	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	offset_ns = (real.tv_sec - boot.tv_sec) * 1000000000LL + real.tv_nsec - boot.tv_nsec;
	signal(SIGINT, end);
	while (!ended) {
		ring_buffer__poll(records, 100);
		fflush(stdout); /* lines when there are some, not when there are 4 KiB */
	}
	ring_buffer__free(records);
	bpf_link__destroy(link);
	bpf_object__close(object);
	return 0;
}
