/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* echo_sent.bpf.h - noting which process sends an echo request, where its socket is seen. */
#ifndef RINGSIDE_ECHO_SENT_BPF_H
#define RINGSIDE_ECHO_SENT_BPF_H

#include "echo.bpf.h"
#include "process.bpf.h"
#include "socket.bpf.h"

static __always_inline void rs_echo_key(struct rs_echo_key *key, struct sock *sk, struct rs_datagram *d)
{
	key->netns = rs_netns(sk);
	key->id = d->source_port;
	key->ip_version = d->ip_version;
	__builtin_memcpy(key->local, d->source, 16);
	__builtin_memcpy(key->remote, d->destination, 16);
}

/* By the running process. */
static __noinline int rs_echo_sent(struct sock *sk, struct rs_datagram *d)
{
	struct rs_echo_key key = {};
	__u64 process;

	if (!d || !rs_is_echo_request(d->ip_version, d->icmp_type))
		return 0;
	process = rs_remember();
	rs_echo_key(&key, sk, d);
	if (process)
		bpf_map_update_elem(&echoes, &key, &process, BPF_ANY);
	return 0;
}

/* ------------------------------------------------------------------ without kprobes */

struct rs_echo_call {
	__u64 sk;
	struct rs_echo_key key;
};

/* See udp.bpf.h: whose it was shows when the call returns. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u64); /* bpf_get_current_pid_tgid() */
	__type(value, struct rs_echo_call);
	__uint(max_entries, 1024);
} echo_calls SEC(".maps");

static __noinline int rs_echo_queued(struct sock *sk, struct rs_datagram *d)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct rs_echo_call call = { .sk = (__u64)sk };

	if (!d || !rs_is_echo_request(d->ip_version, d->icmp_type))
		return 0;
	rs_echo_key(&call.key, sk, d);
	bpf_map_update_elem(&echo_calls, &thread, &call, BPF_ANY);
	return 0;
}

static __noinline int rs_echo_send_returns(struct sock *sk)
{
	__u64 thread = bpf_get_current_pid_tgid(), process;
	struct rs_echo_call *found = bpf_map_lookup_elem(&echo_calls, &thread), call;

	if (!found)
		return 0;
	call = *found;
	bpf_map_delete_elem(&echo_calls, &thread);
	process = call.sk == (__u64)sk ? rs_remember() : 0;
	if (process)
		bpf_map_update_elem(&echoes, &call.key, &process, BPF_ANY);
	return 0;
}

#endif
