/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * tell.bpf.h - one record of what a socket did, with the process in it.
 *
 * Programs here can be interrupted by others that write to the same ring: a
 * system call by a softirq, that by the timer.
 */
#ifndef RINGSIDE_TELL_BPF_H
#define RINGSIDE_TELL_BPF_H

#define RS_INTERRUPTED
#define RS_RECORD_SIZE RS_FLOW_SLOT_SIZE
#include "ring.bpf.h"
#include "process.bpf.h"
#include "socket.bpf.h"

/* Set by the loader before the programs are verified. */
struct rs_flow_config {
	__u64 interval_ns;   /* of RS_FLOW records; 0: none */
	__u32 generation;    /* of these programs; see rs_is_active() */
	__u16 accept_by_use; /* no hook says when a process accepts: its first use does */
	__u16 kprobe_states; /* TCP states are the kprobe's, the tracepoint's where that was skipped */
};
const volatile struct rs_flow_config flow_config SEC(".rodata.flows");

/* When programs are exchanged, the old ones and the new are attached at the same
 * time; the one whose generation stands here does the work.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 1);
} gate SEC(".maps");

static __always_inline bool rs_is_active(void)
{
	__u32 zero = 0, *generation = bpf_map_lookup_elem(&gate, &zero);

	return generation && *generation == flow_config.generation;
}

/* What goes into a record, on the stack of whoever tells it. */
struct rs_story {
	struct rs_ends ends;
	char if_name[16];
	__u64 process; /* its key; 0: not known */
	__u32 tid;
	__u8 by; /* enum rs_attribution, if the process is known */
	__u8 type;
	__u8 direction;
	__u8 protocol;
	__u32 netns;
	__u32 error;
	__u64 time_ns;
	__u64 tx_bytes;
	__u64 rx_bytes;
	__u64 tx_packets;
	__u64 rx_packets;
	__u32 retransmits;
	__u32 rtt_us;
	__u32 flags;
	__u32 pad;
};

#define RS_PROCESS_AT (__builtin_offsetof(struct rs_flow, process) / 8)
#define RS_PROCESS_WORDS (sizeof(struct rs_process) / 8)

/* A record that is being written: rs_check() goes along. What is written is never read back: the slot is memory that
 * nobody has touched for long, and a word that was made of smaller stores would be waited for.
 */
struct rs_writing {
	__u64 *slot;
	__u64 a, b;
};

static __always_inline void rs_put(struct rs_writing *w, int at, __u64 word)
{
	w->slot[at] = word;
	w->a += word;
	w->b += w->a;
}

static __always_inline void rs_put_words(struct rs_writing *w, int at, const void *words, int count)
{
	const rs_word *from = words;

#pragma unroll
	for (int i = 0; i < count; i++)
		rs_put(w, at + i, from[i]);
}

static __always_inline void rs_put_nothing(struct rs_writing *w, int at, int count)
{
#pragma unroll
	for (int i = 0; i < count; i++)
		rs_put(w, at + i, 0);
}

#define RS_WORD_OF(field) (__builtin_offsetof(struct rs_flow, field) / 8)

/* The words of struct rs_flow, one after the other. */
static __always_inline void rs_put_story(struct rs_writing *w, const struct rs_story *s, enum rs_attribution by)
{
	rs_put(w, RS_WORD_OF(hdr.type), s->type | (__u64)s->direction << 16 | (__u64)s->ends.ip_version << 24);
	rs_put_words(w, RS_WORD_OF(local), s->ends.local, 2);
	rs_put_words(w, RS_WORD_OF(remote), s->ends.remote, 2);
	rs_put(w, RS_WORD_OF(local_port), s->ends.local_port | (__u64)s->ends.remote_port << 16 |
						  (__u64)s->protocol << 32 | (__u64)by << 40 | (__u64)s->flags << 48);
	rs_put_words(w, RS_WORD_OF(if_name), s->if_name, 2);
	rs_put(w, RS_WORD_OF(netns), s->netns | (__u64)s->error << 32);
	rs_put(w, RS_WORD_OF(time_ns), s->time_ns);
	rs_put(w, RS_WORD_OF(tx_bytes), s->tx_bytes);
	rs_put(w, RS_WORD_OF(rx_bytes), s->rx_bytes);
	rs_put(w, RS_WORD_OF(tx_packets), s->tx_packets);
	rs_put(w, RS_WORD_OF(rx_packets), s->rx_packets);
	rs_put(w, RS_WORD_OF(retransmits), s->retransmits | (__u64)s->rtt_us << 32);
	rs_put(w, RS_WORD_OF(tid), by == RS_BY_UNKNOWN ? 0 : s->tid);
	rs_put(w, RS_WORD_OF(tid) + 1, 0);
}

static __noinline int rs_tell(struct rs_story *s)
{
	struct rs_known *known = 0;
	struct rs_writing w;
	struct rs_place place;
	struct rs_cpu cpu;

	if (!s || rs_begin(&cpu) || !rs_reserve(&cpu, &place))
		return 0;
	if (s->process) {
		known = bpf_map_lookup_elem(&processes, &s->process);
		if (!known)
			rs_count(&cpu.counters->noted[RS_N_PROCESSES_FULL]);
	} else {
		rs_count(&cpu.counters->noted[RS_N_UNKNOWN]);
	}
	/* the first word of a record's sums, ts_ns, is there */
	w = (struct rs_writing){ .slot = place.slot, .a = place.n + place.now, .b = place.n + place.now };
	if (known) {
		rs_put_story(&w, s, s->by);
		rs_put_words(&w, RS_PROCESS_AT, &known->process, RS_PROCESS_WORDS);
	} else {
		rs_put_story(&w, s, RS_BY_UNKNOWN);
		rs_put_nothing(&w, RS_PROCESS_AT, RS_PROCESS_WORDS);
	}
	rs_publish(&place, w.b);
	return 0;
}

/* For what is counted and leaves no record of its own. */
static __always_inline void rs_note(enum rs_noted what)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct rs_counters *c = bpf_map_lookup_elem(&counters, &cpu);

	if (c)
		rs_count(&c->noted[what]);
}

#endif
