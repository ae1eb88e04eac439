// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * flows-held: on each CPU a thread that is in a bpf() call on a map nearly all the time, until killed.
 *
 * The kernel skips the programs of kprobes on a CPU while such a call is preempted there (bpf_disable_instrumentation()
 * in kernel/bpf/syscall.c). Where it is not preemptible, this only takes the CPUs' time.
 */
#include <bpf/bpf.h>
#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define VALUE_BYTES (32 << 20) /* copied for milliseconds */

static int map;

static void *hold(void *cpu)
{
	void *value = malloc(VALUE_BYTES);
	cpu_set_t set;
	__u32 key = 0;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (!value || sched_setaffinity(0, sizeof(set), &set))
		err(1, "CPU %zu", (size_t)cpu);
	for (;;)
		if (bpf_map_lookup_elem(map, &key, value))
			err(1, "look up");
}

int main(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t thread;

	map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "held", sizeof(__u32), VALUE_BYTES, 1, NULL);
	if (map < 0)
		err(1, "map");
	for (long cpu = 0; cpu < cpus; cpu++)
		if (pthread_create(&thread, NULL, hold, (void *)cpu))
			err(1, "thread");
	puts("holding");
	fflush(stdout);
	pause();
}
