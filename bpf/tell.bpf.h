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

/* Copies the process and publishes: rs_check() goes along with the copy. */
static __always_inline void rs_publish_with(struct rs_place *p, const struct rs_process *process)
{
	const rs_word *from = (const void *)process;
	__u64 a = p->n, b = 0;

	barrier(); /* fields are written before they are read as words */
#pragma unroll
	for (int i = 2; i < RS_PROCESS_AT; i++) {
		a += p->slot[i];
		b += a;
	}
#pragma unroll
	for (int i = 0; i < RS_PROCESS_WORDS; i++) {
		__u64 word = from ? from[i] : 0;
		p->slot[RS_PROCESS_AT + i] = word;
		a += word;
		b += a;
	}
	p->slot[1] = b;
	rs_set_seq(p->slot, p->n + 1);
	rs_ring_bell(p);
}

static __noinline int rs_tell(struct rs_story *s)
{
	struct rs_known *known = 0;
	struct rs_place place;
	struct rs_flow *r;
	struct rs_cpu cpu;

	if (!s || rs_begin(&cpu))
		return 0;
	r = rs_reserve(&cpu, &place);
	if (!r)
		return 0;
	*(__u64 *)&r->hdr.type = 0;
	r->hdr.type = s->type;
	r->hdr.direction = s->direction;
	r->hdr.ip_version = s->ends.ip_version;
	__builtin_memcpy(r->local, s->ends.local, 16);
	__builtin_memcpy(r->remote, s->ends.remote, 16);
	r->local_port = s->ends.local_port;
	r->remote_port = s->ends.remote_port;
	r->protocol = s->protocol;
	r->flags = s->flags;
	r->pad = 0;
	__builtin_memcpy(r->if_name, s->if_name, 16);
	r->netns = s->netns;
	r->error = s->error;
	r->time_ns = s->time_ns;
	r->tx_bytes = s->tx_bytes;
	r->rx_bytes = s->rx_bytes;
	r->tx_packets = s->tx_packets;
	r->rx_packets = s->rx_packets;
	r->retransmits = s->retransmits;
	r->rtt_us = s->rtt_us;
	r->pad2[0] = r->pad2[1] = r->pad2[2] = 0;
	if (s->process) {
		known = bpf_map_lookup_elem(&processes, &s->process);
		if (!known)
			rs_count(&cpu.counters->noted[RS_N_PROCESSES_FULL]);
	} else {
		rs_count(&cpu.counters->noted[RS_N_UNKNOWN]);
	}
	if (known) {
		r->attribution = s->by;
		r->tid = s->tid;
		rs_publish_with(&place, &known->process);
	} else {
		r->attribution = RS_BY_UNKNOWN;
		r->tid = 0;
		rs_publish_with(&place, 0);
	}
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
