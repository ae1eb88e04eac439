/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* flow.h - records of flows for the tests of what is printed. */
#ifndef RINGSIDE_TEST_FLOW_H
#define RINGSIDE_TEST_FLOW_H

#include <netinet/in.h>

#include "event.h"
#include "process.h"

struct flow {
	struct rs_flow record;
	struct ringside_source source;
	struct ringside_event event;
	struct subject subject;
};

static inline void flow_fill(struct flow *f, uint64_t *random, int type)
{
	struct rs_flow *r = &f->record;

	random_bytes(random, r, sizeof(*r)); /* what has no meaning may hold anything */
	r->hdr.type = (__u16)type;
	r->hdr.direction = random_below(random, 2) ? RS_IN : RS_OUT;
	r->hdr.ip_version = random_below(random, 2) ? 4 : 6;
	random_address(random, r->local);
	random_address(random, r->remote);
	r->local_port = (__u16)random_extreme(random, 65535);
	r->remote_port = (__u16)random_extreme(random, 65535);
	r->protocol = random_below(random, 8) ? (random_below(random, 2) ? IPPROTO_TCP : IPPROTO_UDP) : r->protocol;
	r->attribution = (__u8)random_below(random, 4); /* 3: of a later version */
	random_name(random, r->if_name);
	r->error = random_below(random, 4) ? (__u32)random_below(random, 600) : r->error;
	r->time_ns = random_extreme(random, UINT64_MAX);
	r->tx_bytes = random_extreme(random, UINT64_MAX);
	r->rx_bytes = random_extreme(random, UINT64_MAX);
	r->tx_packets = random_extreme(random, UINT64_MAX);
	r->rx_packets = random_extreme(random, UINT64_MAX);
	r->retransmits = (__u32)random_extreme(random, UINT32_MAX);
	r->rtt_us = (__u32)random_extreme(random, UINT32_MAX);
	subject_fill(&f->subject, random);
	r->process = f->subject.process;
	f->event = (struct ringside_event){
		.kind = RINGSIDE_RECORD, .record = r, .source = &f->source,
		.cpu = (uint32_t)random_extreme(random, UINT32_MAX),
		.seq = random_extreme(random, UINT64_MAX),
		.time_ns = (int64_t)random_extreme(random, INT64_MAX),
		.process = random_below(random, 3) ? &r->process : NULL,
		.names = random_below(random, 3) ? &f->subject.names : NULL,
	};
}

/* curl, as in the line of the original. */
static inline void flow_sample(struct flow *f, int type)
{
	struct rs_process *p = &f->record.process;

	memset(f, 0, sizeof(*f));
	f->record = (struct rs_flow){
		.hdr = { .type = (__u16)type, .direction = RS_OUT, .ip_version = 4 },
		.local = { 172, 17, 0, 2 }, .remote = { 216, 58, 205, 46 }, .local_port = 54348, .remote_port = 80,
		.protocol = IPPROTO_TCP, .attribution = RS_BY_CONTEXT, .if_name = "eth0", .netns = 4026531840U,
		.time_ns = 219600, .tx_bytes = 75, .rx_bytes = 528, .tx_packets = 6, .rx_packets = 5, .retransmits = 2,
		.rtt_us = 180, .tid = 30198,
		.process = { .start_ns = 1, .cgroup_id = 4711, .pid = 30197, .ppid = 26219, .uid = 1000, .gid = 100,
			     .min_faults = 350, .maj_faults = 1, .comm = "curl", .parent_comm = "bash", .parent_uid = 33,
			     .parent_gid = 34 },
	};
	CHECK(!path_to_parts("/usr/bin/curl", p->exe));
	CHECK(!path_to_parts("/bin/bash", p->parent_exe));
	CHECK(!path_to_parts("/system.slice/docker-" HEX64 ".scope", p->cgroup));
	f->subject.names = (struct ringside_names){ .user = "alice", .container = "web" };
	f->event = (struct ringside_event){
		.kind = RINGSIDE_RECORD, .record = &f->record, .source = &f->source, .cpu = 1, .seq = 7,
		.time_ns = 1554803924781354999, .process = p, .names = &f->subject.names,
	};
}

#endif
