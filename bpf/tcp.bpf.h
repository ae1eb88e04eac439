/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * tcp.bpf.h - TCP connections, from the first SYN to the end.
 *
 * Whose connection it is shows only while its process has it in its hands:
 * connect, accept, send, receive, shutdown. That is remembered by the socket, for
 * what happens to it in an interrupt, or when the process is gone. Whoever else
 * may be running then is never asked.
 */
#ifndef RINGSIDE_TCP_BPF_H
#define RINGSIDE_TCP_BPF_H

#include "tell.bpf.h"

struct rs_tracked {
	__u64 began_ns; /* SYN, then established; 0: before these programs came */
	__u64 process;	/* the last one that used it; 0: none yet */
	__u64 next_ns;	/* when its totals are due */
	__u64 queued_ns; /* since when it is in live; 0: it is not */
	__u32 tid;
	__u8 direction; /* 0: not known */
	__u8 calling;	/* in tcp_v4_connect() or tcp_v6_connect() */
	__u8 accepted;	/* and that is told */
	__u8 established; /* and that is told, where it is */
	__u32 retransmits; /* that were told */
	__u32 pad2;
	char if_name[16]; /* a route may be gone before the connection is */
};

#define RS_SOCKETS 65536

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u64); /* struct sock * */
	__type(value, struct rs_tracked);
	__uint(max_entries, RS_SOCKETS);
} sockets SEC(".maps");

/* Where a thread's call of connect() goes: if it fails at once, nothing else tells. */
struct rs_call {
	__u64 sk;
	__u8 remote[16];
	__u16 remote_port;
	__u8 ip_version;
	__u8 pad[5];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u64); /* bpf_get_current_pid_tgid() */
	__type(value, struct rs_call);
	__uint(max_entries, 4096);
} calls SEC(".maps");

struct rs_live {
	__u64 sk;
	__u64 queued_ns; /* of another connection, if that is another */
};

/* Established connections whose totals are told now and then. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__type(value, struct rs_live);
	__uint(max_entries, RS_SOCKETS);
} live SEC(".maps");

/* ------------------------------------------------------------------ telling */

/* OWN: the running process does this, on its own stack. What an interrupt does while a thread
 * of the same process happens to run is not that thread's.
 */
static __always_inline void rs_story_of(const bool typed, struct rs_story *s, struct sock *sk, struct rs_tracked *t,
					__u8 type, bool own)
{
	__builtin_memset(s, 0, sizeof(*s));
	s->type = type;
	s->protocol = IPPROTO_TCP;
	rs_read_ends(typed, sk, &s->ends);
	s->netns = rs_netns(typed, sk);
	if (t) {
		s->process = t->process;
		s->tid = t->tid;
		s->direction = t->direction;
		__builtin_memcpy(s->if_name, t->if_name, 16);
	}
	rs_route_name(typed, sk, s->if_name);
	s->by = RS_BY_SOCKET;
	if (own && s->process && s->process == rs_current_key()) {
		s->by = RS_BY_CONTEXT;
		s->tid = (__u32)bpf_get_current_pid_tgid();
	}
}

static __always_inline struct tcp_sock *rs_tcp_sock(const bool typed, struct sock *sk)
{
	return typed ? bpf_skc_to_tcp_sock(sk) : (void *)sk;
}

static __always_inline __u32 rs_rtt_us(const bool typed, struct sock *sk)
{
	struct tcp_sock *tp = rs_tcp_sock(typed, sk);

	return tp ? RS_GET(typed, tp, srtt_us) >> 3 : 0;
}

static __always_inline void rs_totals(const bool typed, struct rs_story *s, struct sock *sk)
{
	struct tcp_sock *tp = rs_tcp_sock(typed, sk);

	if (!tp)
		return;
	s->tx_bytes = RS_GET(typed, tp, bytes_sent) - RS_GET(typed, tp, bytes_retrans);
	s->rx_bytes = RS_GET(typed, tp, bytes_received);
	/* the FIN takes a number, and is counted as a byte (kernel 6.18) */
	if (s->rx_bytes && (RS_GET(typed, sk, __sk_common.skc_flags) & (1UL << SOCK_DONE)))
		s->rx_bytes--;
	s->tx_packets = RS_GET(typed, tp, segs_out);
	s->rx_packets = RS_GET(typed, tp, segs_in);
	s->retransmits = RS_GET(typed, tp, total_retrans);
	s->rtt_us = RS_GET(typed, tp, srtt_us) >> 3;
}

/* ------------------------------------------------------------------ owners */

static __always_inline struct rs_tracked *rs_track(__u64 key, __u8 direction, __u64 began_ns)
{
	struct rs_tracked new = { .began_ns = began_ns, .direction = direction };
	struct rs_tracked *t;

	bpf_map_update_elem(&sockets, &key, &new, BPF_ANY);
	t = bpf_map_lookup_elem(&sockets, &key);
	if (!t)
		rs_note(RS_N_SOCKETS_FULL);
	return t;
}

/* From now on its totals are told now and then. */
static __always_inline void rs_queue(__u64 key, struct rs_tracked *t)
{
	struct rs_live entry = { .sk = key, .queued_ns = bpf_ktime_get_boot_ns() };

	t->next_ns = entry.queued_ns + flow_config.interval_ns;
	t->queued_ns = entry.queued_ns;
	if (bpf_map_push_elem(&live, &entry, BPF_ANY))
		t->queued_ns = 0; /* full: it is tried again */
}

/* TYPE: RS_ACCEPT, or RS_CONNECT without the time that it took. */
static __always_inline int rs_tell_begin(const bool typed, struct sock *sk, int type, bool own)
{
	__u64 key = (__u64)sk;
	struct rs_tracked *t = bpf_map_lookup_elem(&sockets, &key);
	struct rs_story s;

	rs_story_of(typed, &s, sk, t, (__u8)type, own);
	s.direction = type == RS_ACCEPT ? RS_IN : RS_OUT;
	s.rtt_us = rs_rtt_us(typed, sk);
	rs_tell(&s);
	return 0;
}
RS_BOTH(rs_tell_begin)

/* How this connection began, if that is still to be told; 0: it is told. A connect is where the kernel skipped the
 * programs that see the change of state, an accept where it skipped, or has not, the one that sees the call: then only
 * its use says that it was accepted.
 */
static __always_inline __u8 rs_untold(const struct rs_tracked *t, bool used)
{
	if (t->direction == RS_OUT)
		return t->established ? 0 : RS_CONNECT;
	return (used || flow_config.accept_by_use) && t->direction == RS_IN && !t->accepted ? RS_ACCEPT : 0;
}

/* The running process has this socket in its hands. */
static __always_inline int rs_tcp_used(const bool typed, struct sock *sk, int unused, bool own)
{
	__u64 key = (__u64)sk;
	struct rs_tracked *t = bpf_map_lookup_elem(&sockets, &key);
	__u64 process = rs_current_key();
	__u8 state, untold;

	if (!process)
		return 0;
	if (flow_config.interval_ns && t && !t->queued_ns && RS_GET(typed, sk, __sk_common.skc_state) == TCP_ESTABLISHED)
		rs_queue(key, t); /* older than these programs, or than their interval */
	untold = t ? rs_untold(t, true) : 0;
	if (t && t->process == process && !untold)
		return 0;
	if (!t) {
		/* older than these programs */
		state = RS_GET(typed, sk, __sk_common.skc_state);
		if (state == TCP_CLOSE || state == TCP_LISTEN || !rs_is_inet(typed, sk, IPPROTO_TCP))
			return 0;
		t = rs_track(key, 0, 0);
		if (!t)
			return 0;
	}
	t->process = rs_remember();
	t->tid = (__u32)bpf_get_current_pid_tgid();
	if (untold == RS_CONNECT) {
		state = RS_GET(typed, sk, __sk_common.skc_state);
		if (state == TCP_SYN_SENT || state == TCP_SYN_RECV || state == TCP_CLOSE)
			return 0; /* not yet, or never */
	}
	if (untold) {
		t->accepted = t->established = 1;
		RS_CALL(typed, rs_tell_begin, sk, untold, true);
	}
	return 0;
}
RS_BOTH(rs_tcp_used)

/* ------------------------------------------------------------------ connect */

static __noinline int rs_connect_begins(__u64 key, const void *address, bool six)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct rs_call call = { .sk = key, .ip_version = six ? 6 : 4 };
	struct rs_tracked *t;
	__u16 port = 0;

	/* struct sockaddr_in and sockaddr_in6, the kernel's copy */
	bpf_probe_read_kernel(&port, sizeof(port), address + 2);
	call.remote_port = bpf_ntohs(port);
	if (six)
		bpf_probe_read_kernel(call.remote, 16, address + 8);
	else
		bpf_probe_read_kernel(call.remote, 4, address + 4);
	bpf_map_update_elem(&calls, &thread, &call, BPF_ANY);

	t = rs_track(key, RS_OUT, bpf_ktime_get_boot_ns());
	if (t) {
		t->process = rs_remember();
		t->tid = (__u32)thread;
		t->calling = 1;
		t->accepted = 1;
	}
	return 0;
}

static __noinline int rs_connect_returns(long error)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct rs_call *found = bpf_map_lookup_elem(&calls, &thread), call;
	struct rs_tracked *t;
	struct rs_story s;

	if (!found)
		return 0; /* of an IPv6 socket whose peer is an IPv4 one: told by the call inside */
	call = *found;
	bpf_map_delete_elem(&calls, &thread);
	t = bpf_map_lookup_elem(&sockets, &call.sk);
	if (!error) {
		if (t)
			t->calling = 0;
		return 0;
	}
	rs_story_of(false, &s, (void *)call.sk, t, RS_CONNECT_FAILED, true);
	s.ends.ip_version = call.ip_version;
	__builtin_memcpy(s.ends.remote, call.remote, 16);
	s.ends.remote_port = call.remote_port;
	rs_unmap(&s.ends);
	s.direction = RS_OUT;
	s.error = (__u32)-error;
	s.time_ns = t ? bpf_ktime_get_boot_ns() - t->began_ns : 0;
	rs_tell(&s);
	bpf_map_delete_elem(&sockets, &call.sk);
	return 0;
}

/* ------------------------------------------------------------------ states */

static __always_inline int rs_tcp_established(const bool typed, struct sock *sk, int passive, bool own)
{
	__u64 key = (__u64)sk;
	struct rs_tracked *t = bpf_map_lookup_elem(&sockets, &key);
	__u64 now = bpf_ktime_get_boot_ns();
	struct rs_story s;

	if (passive && !(t && t->direction == RS_OUT)) { /* else both connected at once */
		t = rs_track(key, RS_IN, now);
		if (t)
			rs_route_name(typed, sk, t->if_name);
	} else {
		rs_story_of(typed, &s, sk, t, RS_CONNECT, own);
		s.direction = RS_OUT;
		s.rtt_us = rs_rtt_us(typed, sk);
		if (t) {
			s.time_ns = now - t->began_ns;
			t->began_ns = now;
			__builtin_memcpy(t->if_name, s.if_name, 16);
		}
		rs_tell(&s);
	}
	if (t)
		t->established = 1;
	if (flow_config.interval_ns && t)
		rs_queue(key, t);
	return 0;
}
RS_BOTH(rs_tcp_established)

static __always_inline int rs_tcp_closed(const bool typed, struct sock *sk, int old, bool own)
{
	__u64 key = (__u64)sk;
	struct rs_tracked *t = bpf_map_lookup_elem(&sockets, &key);
	struct rs_story s;

	if (old == TCP_CLOSE || old == TCP_LISTEN)
		return 0;
	if (old == TCP_SYN_SENT) {
		__u32 error = RS_GET(typed, sk, sk_err);
		if (t && t->calling && !error)
			return 0; /* no port was free: the call's return says so */
		rs_story_of(typed, &s, sk, t, RS_CONNECT_FAILED, own);
		s.direction = RS_OUT;
		s.error = error;
		s.time_ns = t ? bpf_ktime_get_boot_ns() - t->began_ns : 0;
		rs_tell(&s);
	} else if (old != TCP_SYN_RECV) {
		rs_story_of(typed, &s, sk, t, RS_CLOSE, own);
		s.type = t ? rs_untold(t, false) : 0;
		if (s.type) {
			s.rtt_us = rs_rtt_us(typed, sk);
			rs_tell(&s);
		}
		s.type = RS_CLOSE;
		s.time_ns = t && t->began_ns ? bpf_ktime_get_boot_ns() - t->began_ns : 0;
		rs_totals(typed, &s, sk);
		rs_tell(&s);
	}
	bpf_map_delete_elem(&sockets, &key);
	return 0;
}
RS_BOTH(rs_tcp_closed)

/* The last that is heard of a socket. What is still known of it then was never told as closed: the kernel skipped
 * the programs that would have. One without a direction may have been remembered just behind its end.
 */
static __always_inline int rs_tcp_destroyed(struct sock *sk)
{
	__u64 key = (__u64)sk;
	struct rs_tracked *t = bpf_map_lookup_elem(&sockets, &key);

	if (!t)
		return 0;
	if (!t->direction)
		return bpf_map_delete_elem(&sockets, &key);
	return rs_tcp_closed_typed(sk, rs_untold(t, false) == RS_CONNECT ? TCP_SYN_SENT : TCP_ESTABLISHED, false);
}

/* Half of the changes of state tell nothing. */
static __always_inline bool rs_state_tells(int new)
{
	return new == TCP_SYN_SENT || new == TCP_ESTABLISHED || new == TCP_FIN_WAIT1 || new == TCP_LAST_ACK ||
	       new == TCP_CLOSE;
}

static __always_inline void rs_tcp_state(const bool typed, struct sock *sk, int old, int new, bool own)
{
	__u64 key = (__u64)sk;
	struct rs_tracked *t;

	switch (new) {
	case TCP_SYN_SENT:
		/* where the call of connect() is not seen, this is its beginning */
		t = bpf_map_lookup_elem(&sockets, &key);
		if (t && t->calling)
			return;
		t = rs_track(key, RS_OUT, bpf_ktime_get_boot_ns());
		if (t) {
			t->accepted = 1;
			t->process = rs_remember();
			t->tid = (__u32)bpf_get_current_pid_tgid();
		}
		return;
	case TCP_ESTABLISHED:
		RS_CALL(typed, rs_tcp_established, sk, old == TCP_SYN_RECV, own);
		return;
	case TCP_FIN_WAIT1: /* both only by a call of close() or shutdown() */
	case TCP_LAST_ACK:
		RS_CALL(typed, rs_tcp_used, sk, 0, true);
		return;
	case TCP_CLOSE:
		RS_CALL(typed, rs_tcp_closed, sk, old, own);
		return;
	}
}

/* A listener's owner is only shown among the sockets (netstat.bpf.h), until it is destroyed. */
static __always_inline int rs_tcp_listens(struct sock *sk)
{
	struct rs_tracked *t = rs_track((__u64)sk, 0, 0);

	if (t) {
		t->process = rs_remember();
		t->tid = (__u32)bpf_get_current_pid_tgid();
	}
	return 0;
}

/* ------------------------------------------------------------------ accept, retransmit, totals */

/* A process takes an established connection over. */
static __always_inline void rs_tcp_accepted(struct sock *sk)
{
	__u64 key = (__u64)sk;
	struct rs_tracked *t = bpf_map_lookup_elem(&sockets, &key);

	if (!t && BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_CLOSE)
		t = rs_track(key, RS_IN, 0);
	if (t) {
		t->process = rs_remember();
		t->tid = (__u32)bpf_get_current_pid_tgid();
		t->direction = RS_IN;
		t->accepted = t->established = 1;
		rs_tell_begin_copied(sk, RS_ACCEPT, true);
	} else {
		/* closed by the other side already */
		struct rs_story s;

		rs_story_of(false, &s, sk, 0, RS_ACCEPT, true);
		s.direction = RS_IN;
		s.process = rs_remember();
		s.by = RS_BY_CONTEXT;
		s.tid = (__u32)bpf_get_current_pid_tgid();
		rs_tell(&s);
	}
}

/* MORE is what the socket has not counted yet. Where it has counted nothing (kernel 6.18), nothing was sent:
 * the segment still waited in this host.
 */
static __noinline int rs_tcp_retransmitted(__u64 key, __u32 more)
{
	struct rs_tracked *t = bpf_map_lookup_elem(&sockets, &key);
	struct rs_story s;

	rs_story_of(false, &s, (void *)key, t, RS_RETRANSMIT, false);
	rs_totals(false, &s, (void *)key);
	s.retransmits += more;
	if (s.retransmits == (t ? t->retransmits : 0))
		return 0;
	if (t)
		t->retransmits = s.retransmits;
	rs_tell(&s);
	return 0;
}

/* One of those in the queue. Returns false when it has left. */
static __noinline int rs_tcp_total(__u64 key, __u64 queued_ns, __u64 now)
{
	struct rs_tracked *t = bpf_map_lookup_elem(&sockets, &key);
	struct rs_story s;

	if (!t || t->queued_ns != queued_ns)
		return 0;
	if (now < t->next_ns)
		return 1;
	t->next_ns = now + flow_config.interval_ns;
	rs_story_of(false, &s, (void *)key, t, RS_FLOW, false);
	rs_totals(false, &s, (void *)key);
	s.time_ns = t->began_ns ? now - t->began_ns : 0;
	rs_tell(&s);
	return 1;
}

#endif
