/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ring.bpf.h - how a program writes records; include this in your own source.
 *
 *	struct rs_cpu cpu;
 *	if (rs_begin(&cpu)) return XDP_PASS;      counts the packet as seen
 *	... rs_count(&cpu.counters->filtered[RS_F_OTHER]) ...
 *	struct rs_icmp r = { .hdr.type = RS_ICMP };
 *	... fill r ...
 *	rs_write(&cpu, &r);                       numbers, times and publishes it
 *
 * Large records are filled where they lie: define RS_RECORD_SIZE, and instead of rs_write()
 *	struct rs_place place;
 *	struct rs_flow *r = rs_reserve(&cpu, &place);
 *	... fill all of r but seq, check and ts_ns; it may hold anything ...
 *	rs_publish(&place, rs_check(r, place.n, sizeof(*r)));
 *
 * Each CPU writes only its own ring, and XDP and tc run with bottom halves off,
 * so nothing here waits for anybody. The cost does not depend on the readers.
 */
#ifndef RINGSIDE_RING_BPF_H
#define RINGSIDE_RING_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "abi.h"

#ifndef RS_RECORD_SIZE
#define RS_RECORD_SIZE RS_SLOT_SIZE
#endif

/* Sizes are the loader's to say: see loader/object.c. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, RS_RECORD_SIZE);
	__uint(max_entries, 1);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct rs_counters);
	__uint(max_entries, 1);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 65536); /* a multiple of the largest page size; never filled */
} bell SEC(".maps");

/* Set by the loader before the programs are verified. */
struct rs_config {
	__u32 cpus;
	__u32 slots;   /* a power of two */
	__u32 l2_len;  /* 14 for Ethernet, 0 where a packet begins with its IP header */
	__u32 ordered; /* stores are seen in the order in which they are made (x86-64) */
	__u32 interrupted; /* programs of a ring may interrupt each other (PREEMPT_RT) */
	__u32 netns;   /* inode of the interface's network namespace, where flows are loaded; else 0 */
};
const volatile struct rs_config config SEC(".rodata.ringside");

struct rs_cpu {
	struct rs_counters *counters;
	__u32 id;
};

/*
 * On x86-64 stores are seen in the order in which they are made, and a program
 * that runs with bottom halves off is not interrupted by another of its ring: so
 * plain stores do, and the two locked instructions would be half of what a record
 * costs. Elsewhere they are atomic. The loader says which, so the verifier drops
 * the other branch. Programs that can always be interrupted by others of their
 * ring (kprobes) define RS_INTERRUPTED: they count and take their numbers atomically, but
 * what they publish is theirs alone, and waits for nothing.
 */
#ifdef RS_INTERRUPTED
#define RS_IS_INTERRUPTED 1
#else
#define RS_IS_INTERRUPTED config.interrupted
#endif
#define RS_PLAIN_STORES (config.ordered && !RS_IS_INTERRUPTED)

static __always_inline void rs_count(__u64 *counter)
{
	if (RS_IS_INTERRUPTED)
		__sync_fetch_and_add(counter, 1);
	else
		*counter += 1;
}

static __always_inline int rs_begin(struct rs_cpu *cpu)
{
	cpu->id = bpf_get_smp_processor_id();
	cpu->counters = bpf_map_lookup_elem(&counters, &cpu->id);
	if (!cpu->counters)
		return -1; /* cannot be: there is one for each possible CPU */
	rs_count(&cpu->counters->seen);
	return 0;
}

static __always_inline __u64 rs_take_number(struct rs_head *head)
{
	__u64 n;

	if (!RS_PLAIN_STORES)
		return __sync_fetch_and_add(&head->next, 1);
	n = *(volatile __u64 *)&head->next;
	*(volatile __u64 *)&head->next = n + 1;
	return n;
}

static __always_inline void rs_set_seq(__u64 *seq, __u64 value)
{
	barrier();
	if (config.ordered)
		*(volatile __u64 *)seq = value;
	else
		__sync_lock_test_and_set(seq, value);
}

static long rs_never(void *dynptr, void *context)
{
	return 1;
}

/* Where a record goes that is being written. */
struct rs_place {
	__u64 *slot;
	struct rs_head *head;
	__u64 n;
	__u64 now;
};

/* Takes a number and the time. Returns the slot, or NULL, which is counted. */
static __always_inline void *rs_reserve(struct rs_cpu *cpu, struct rs_place *p)
{
	__u32 index;

	p->slot = 0;
	p->head = bpf_map_lookup_elem(&ring, &cpu->id);
	if (p->head) {
		p->n = rs_take_number(p->head);
		index = config.cpus + cpu->id * config.slots + (p->n & (config.slots - 1));
		p->slot = bpf_map_lookup_elem(&ring, &index);
	}
	if (!p->slot) {
		rs_count(&cpu->counters->failed[RS_E_RING]);
		return 0;
	}
	/* The clock comes after the number: who finds that no number was taken may
	 * conclude that the next record will be younger, and ring the bell.
	 */
	p->now = bpf_ktime_get_boot_ns();
	/* Before the record changes, its number does. Where stores may overtake each
	 * other (arm64) a reader is left with the check, which no mixture passes.
	 */
	*(volatile __u64 *)p->slot = 0;
	barrier();
	p->slot[2] = p->now;
	return p->slot;
}

/* Waking takes microseconds (an interrupt to oneself), so it is done once per
 * interval. A reader that was woken looks again when the interval is over, and
 * sleeps only if no number was taken that it has not read: so none is missed.
 */
static __always_inline void rs_ring_bell(struct rs_place *p)
{
	if (p->now - p->head->bell_ns >= RS_BELL_INTERVAL_NS) {
		p->head->bell_ns = p->now;
		bpf_user_ringbuf_drain(&bell, rs_never, 0, BPF_RB_FORCE_WAKEUP);
	}
}

static __always_inline void rs_publish(struct rs_place *p, __u64 check)
{
	p->slot[1] = check;
	rs_set_seq(p->slot, p->n + 1);
	rs_ring_bell(p);
}

/*
 * Writes a record, whose hdr.type says what it is: gives it a number and the time,
 * and publishes it. RECORD is a structure of the caller's that nothing points to,
 * so that it never is in memory: read back from there after smaller stores, each
 * word would wait for them. And what an interrupt might leave behind in the slot
 * cannot get into the check.
 */
static __always_inline void rs_write(struct rs_cpu *cpu, const void *record)
{
	const rs_word *words = record;
	struct rs_place p;
	__u64 a, b;

	if (!rs_reserve(cpu, &p))
		return;
	/* rs_check(), word by word */
	a = p.n + p.now;
	b = a;
#pragma unroll
	for (int i = 3; i < RS_SLOT_SIZE / 8; i++) {
		p.slot[i] = words[i];
		a += words[i];
		b += a;
	}
	rs_publish(&p, b);
}

#endif
