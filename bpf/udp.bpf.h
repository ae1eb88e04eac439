/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * udp.bpf.h - datagrams, summed up for each socket, peer and direction.
 *
 * The first is told at once, then the totals at most once a second while there
 * are more, and once at the end: when the socket is closed, or after a minute of
 * silence. A timer finds those that are over, where no hook tells, and tells what nobody told since, so a pause hides nothing. When
 * there is no room for a sum, each datagram is told by itself.
 */
#ifndef RINGSIDE_UDP_BPF_H
#define RINGSIDE_UDP_BPF_H

#include "datagram.bpf.h"
#include "tell.bpf.h"

#define EEXIST 17 /* include/uapi/asm-generic/errno-base.h */

#define RS_UDP_SUMS 16384
#define RS_UDP_TELL_NS 1000000000ULL
#define RS_UDP_IDLE_NS 60000000000ULL
#define RS_UDP_SILENT_NS 50000000ULL

struct rs_udp_key {
	__u64 sk;
	__u32 ino; /* of the socket: its memory may be used again */
	__u8 direction;
	__u8 ip_version;
	__u16 remote_port;
	__u8 local[16];
	__u8 remote[16];
};

struct rs_udp_sum {
	struct rs_udp_key next; /* of the same socket */
	__u64 packets;
	__u64 bytes;
	__u64 told_packets;
	__u64 told_ns;
	__u64 last_ns;
	__u64 process;
	__u32 tid;
	__u32 netns;
	__u16 local_port;
	__u8 protocol;
	__u8 pad[5];
	char if_name[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct rs_udp_key);
	__type(value, struct rs_udp_sum);
	__uint(max_entries, RS_UDP_SUMS);
} udp_sums SEC(".maps");

/* The sum each socket began last; the others follow from there. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u64); /* struct sock * */
	__type(value, struct rs_udp_key);
	__uint(max_entries, RS_UDP_SUMS);
} udp_sockets SEC(".maps");

/* All sums, in turn, for the timer. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__type(value, struct rs_udp_key);
	__uint(max_entries, RS_UDP_SUMS + 1024);
} udp_turns SEC(".maps");

static __always_inline void rs_story_ends(struct rs_story *s, const struct rs_udp_key *key)
{
	s->type = key->direction == RS_IN ? RS_UDP_RECV : RS_UDP_SEND;
	s->direction = key->direction;
	s->ends.ip_version = key->ip_version;
	s->ends.remote_port = key->remote_port;
	__builtin_memcpy(s->ends.local, key->local, 16);
	__builtin_memcpy(s->ends.remote, key->remote, 16);
}

static __noinline int rs_tell_sum(struct rs_udp_key *key, struct rs_udp_sum *sum, __u32 flags)
{
	struct rs_story s = {};

	if (!key || !sum)
		return 0;
	rs_story_ends(&s, key);
	s.protocol = sum->protocol;
	s.flags = flags;
	s.ends.local_port = sum->local_port;
	__builtin_memcpy(s.if_name, sum->if_name, 16);
	s.netns = sum->netns;
	s.process = sum->process;
	s.tid = sum->tid;
	s.by = RS_BY_SOCKET;
	if (s.process && s.process == rs_current_key()) {
		s.by = RS_BY_CONTEXT;
		s.tid = (__u32)bpf_get_current_pid_tgid();
	}
	if (key->direction == RS_IN) {
		s.rx_packets = sum->packets;
		s.rx_bytes = sum->bytes;
	} else {
		s.tx_packets = sum->packets;
		s.tx_bytes = sum->bytes;
	}
	sum->told_packets = sum->packets;
	rs_tell(&s);
	return 0;
}

/* What a datagram adds, and where it belongs. */
struct rs_udp_more {
	struct rs_udp_key key;
	__u64 packets;
	__u64 bytes;
	__u64 process;
	__u32 tid;
	__u16 local_port;
	__u8 protocol;
	__u8 silent; /* whose it is will show in a moment: not yet to be told */
};

static __always_inline void rs_summed(void)
{
	struct rs_cpu cpu;

	if (!rs_begin(&cpu))
		rs_count(&cpu.counters->filtered[RS_F_SUMMED]);
}

enum rs_udp_begun { RS_UDP_NEW, RS_UDP_THERE, RS_UDP_NO_ROOM };

/* A sum begins. It goes out by DEV, or came in by the interface INDEX. */
static __noinline int rs_udp_begin(struct rs_udp_more *m, struct sock *sk, struct net_device *dev, int index)
{
	struct rs_udp_sum new = {};
	struct rs_udp_key *head;
	long error;

	if (!m)
		return RS_UDP_THERE;
	new.packets = m->packets;
	new.bytes = m->bytes;
	new.last_ns = bpf_ktime_get_boot_ns();
	if (!m->silent) {
		new.told_ns = new.last_ns;
		new.told_packets = m->packets;
	}
	new.process = m->process;
	new.tid = m->tid;
	new.local_port = m->local_port;
	new.protocol = m->protocol;
	new.netns = rs_netns(false, sk);
	if (dev)
		BPF_CORE_READ_INTO(&new.if_name, dev, name);
	else if (index)
		rs_index_name(sk, index, new.if_name);
	head = bpf_map_lookup_elem(&udp_sockets, &m->key.sk);
	if (head && head->ino == m->key.ino)
		new.next = *head;
	error = bpf_map_update_elem(&udp_sums, &m->key, &new, BPF_NOEXIST);
	if (error)
		return error == -EEXIST ? RS_UDP_THERE : RS_UDP_NO_ROOM; /* another CPU was quicker */
	bpf_map_update_elem(&udp_sockets, &m->key.sk, &m->key, BPF_ANY);
	bpf_map_push_elem(&udp_turns, &m->key, BPF_ANY);
	return RS_UDP_NEW;
}

/* Without a sum: a datagram alone is its own beginning and end. */
static __noinline int rs_udp_alone(struct rs_udp_more *m, struct sock *sk)
{
	struct rs_story s = {};

	if (!m)
		return 0;
	rs_note(RS_N_UDP_FULL);
	rs_story_ends(&s, &m->key);
	s.protocol = m->protocol;
	s.flags = RS_FLOW_END;
	s.ends.local_port = m->local_port;
	s.netns = rs_netns(false, sk);
	s.process = m->process;
	s.tid = m->tid;
	s.by = RS_BY_CONTEXT;
	s.tx_packets = m->key.direction == RS_IN ? 0 : m->packets;
	s.tx_bytes = m->key.direction == RS_IN ? 0 : m->bytes;
	s.rx_packets = m->packets - s.tx_packets;
	s.rx_bytes = m->bytes - s.tx_bytes;
	rs_tell(&s);
	return 0;
}

/* SUM is the one of M's key, if there is one. */
static __always_inline void rs_udp_add(struct rs_udp_more *m, struct rs_udp_sum *sum, struct sock *sk,
				       struct net_device *dev, int index)
{
	int begun = RS_UDP_THERE;
	__u64 now, told;

	if (!sum) {
		begun = rs_udp_begin(m, sk, dev, index);
		if (begun != RS_UDP_NO_ROOM)
			sum = bpf_map_lookup_elem(&udp_sums, &m->key);
	}
	if (!sum) {
		rs_udp_alone(m, sk);
		return;
	}
	if (begun == RS_UDP_NEW) {
		if (m->silent)
			rs_summed();
		else
			rs_tell_sum(&m->key, sum, 0);
		return;
	}
	now = bpf_ktime_get_boot_ns();
	__sync_fetch_and_add(&sum->packets, m->packets);
	__sync_fetch_and_add(&sum->bytes, m->bytes);
	sum->last_ns = now;
	if (m->process && sum->process != m->process) {
		sum->process = m->process;
		sum->tid = m->tid;
	}
	told = sum->told_ns;
	/* one CPU tells, the others have added to what it tells, or to what comes next */
	if (m->silent || now - told < RS_UDP_TELL_NS ||
	    __sync_val_compare_and_swap(&sum->told_ns, told, now) != told)
		rs_summed();
	else
		rs_tell_sum(&m->key, sum, 0);
}

static __always_inline void rs_udp_key(const bool typed, struct rs_udp_key *key, struct sock *sk, __u8 direction,
				       __u8 ip_version, const __u8 local[16], const __u8 remote[16])
{
	key->sk = (__u64)sk;
	key->ino = rs_socket_ino(typed, sk);
	key->direction = direction;
	key->ip_version = ip_version;
	__builtin_memcpy(key->local, local, 16);
	__builtin_memcpy(key->remote, remote, 16);
}

/* Who sends or receives is the running process. */
static __always_inline void rs_udp_mine(struct rs_udp_more *m, struct rs_udp_sum *sum)
{
	__u64 process = rs_current_key();

	m->process = !process || (sum && sum->process == process) ? process : rs_remember();
	m->tid = (__u32)bpf_get_current_pid_tgid();
}

static __always_inline void rs_udp_outgoing(const bool typed, struct rs_udp_more *m, struct sock *sk,
					    struct rs_datagram *d)
{
	rs_udp_key(typed, &m->key, sk, RS_OUT, d->ip_version, d->source, d->destination);
	m->key.remote_port = d->destination_port;
	m->local_port = d->source_port;
	m->protocol = d->protocol;
	m->packets = d->packets;
	m->bytes = d->bytes;
}

static __noinline int rs_udp_sent(struct sock *sk, struct sk_buff *skb, struct rs_datagram *d)
{
	struct rs_udp_more m = {};
	struct rs_udp_sum *sum;

	if (!d)
		return 0;
	rs_udp_outgoing(false, &m, sk, d);
	sum = bpf_map_lookup_elem(&udp_sums, &m.key);
	rs_udp_mine(&m, sum);
	/* the packet's route: the socket may have many */
	rs_udp_add(&m, sum, sk, BPF_CORE_READ(rs_dst(false, skb), dev), 0);
	return 0;
}

/* COPIED bytes of this datagram went to the process. */
static __noinline int rs_udp_received(struct sock *sk, struct sk_buff *skb, __u32 copied)
{
	struct rs_udp_more m = {};
	struct rs_udp_sum *sum;
	struct rs_datagram d;

	if (!rs_read_datagram(skb, &d))
		return 0;
	rs_udp_key(false, &m.key, sk, RS_IN, d.ip_version, d.destination, d.source);
	m.key.remote_port = d.source_port;
	m.local_port = d.destination_port;
	m.protocol = IPPROTO_UDP;
	m.packets = d.packets;
	m.bytes = copied;
	sum = bpf_map_lookup_elem(&udp_sums, &m.key);
	rs_udp_mine(&m, sum);
	rs_udp_add(&m, sum, sk, 0, BPF_CORE_READ(skb, skb_iif));
	return 0;
}

/* The same without the datagram: only the socket tells of the peer, if it has one. */
static __noinline int rs_udp_took(struct sock *sk, __u32 copied)
{
	struct rs_udp_more m = {};
	struct dst_entry *dst;
	struct rs_udp_sum *sum;
	struct rs_ends e;

	rs_read_ends(true, sk, &e);
	rs_udp_key(true, &m.key, sk, RS_IN, e.ip_version, e.local, e.remote);
	m.key.remote_port = e.remote_port;
	m.local_port = e.local_port;
	m.protocol = IPPROTO_UDP;
	m.packets = 1;
	m.bytes = copied;
	sum = bpf_map_lookup_elem(&udp_sums, &m.key);
	rs_udp_mine(&m, sum);
	dst = sk->sk_dst_cache;
	rs_udp_add(&m, sum, sk, dst ? dst->dev : 0, 0);
	return 0;
}

/* ------------------------------------------------------------------ without kprobes */

/*
 * At the device a datagram may be sent by anybody: one that waited for its
 * neighbour's address goes out with the answer to that. So it is added up there, and
 * told when the call that sent it returns, which is its process's own; by the timer,
 * if that has returned already.
 */
struct rs_udp_owner {
	__u64 process;
	__u32 tid;
	__u32 ino;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u64); /* struct sock * */
	__type(value, struct rs_udp_owner);
	__uint(max_entries, RS_UDP_SUMS);
} udp_owners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u64); /* bpf_get_current_pid_tgid() */
	__type(value, struct rs_udp_key);
	__uint(max_entries, 4096);
} udp_calls SEC(".maps");

static __noinline int rs_udp_queued(struct sock *sk, struct sk_buff *skb, struct rs_datagram *d)
{
	__u64 socket = (__u64)sk, thread = bpf_get_current_pid_tgid();
	struct rs_udp_owner *owner = bpf_map_lookup_elem(&udp_owners, &socket);
	struct rs_udp_more m = {};

	if (!d)
		return 0;
	rs_udp_outgoing(true, &m, sk, d);
	if (owner && owner->ino == m.key.ino) {
		m.process = owner->process;
		m.tid = owner->tid;
	}
	m.silent = !m.process || m.process != rs_current_key();
	rs_udp_add(&m, bpf_map_lookup_elem(&udp_sums, &m.key), sk, skb->dev, 0);
	if (m.silent)
		bpf_map_update_elem(&udp_calls, &thread, &m.key, BPF_ANY);
	return 0;
}

/* The sum is one whose process has just shown, or one that nobody will name. */
static __noinline int rs_udp_name(struct rs_udp_key *key, __u64 now)
{
	struct rs_udp_sum *sum;
	struct rs_udp_owner *owner;
	__u64 told;

	if (!key)
		return 0;
	sum = bpf_map_lookup_elem(&udp_sums, key);
	owner = bpf_map_lookup_elem(&udp_owners, &key->sk);
	if (!sum)
		return 0;
	if (owner && owner->ino == key->ino) {
		sum->process = owner->process;
		sum->tid = owner->tid;
	}
	told = sum->told_ns;
	if (sum->packets != sum->told_packets && (!told || (__s64)(now - told) >= (__s64)RS_UDP_TELL_NS) &&
	    __sync_val_compare_and_swap(&sum->told_ns, told, now) == told)
		rs_tell_sum(key, sum, 0);
	return 0;
}

/* A call that sent something returns. */
static __noinline int rs_udp_send_returns(struct sock *sk)
{
	__u64 socket = (__u64)sk, thread = bpf_get_current_pid_tgid(), process = rs_current_key();
	struct rs_udp_key *call = bpf_map_lookup_elem(&udp_calls, &thread), key;
	struct rs_udp_owner *owner = bpf_map_lookup_elem(&udp_owners, &socket), new = {};

	new.ino = rs_socket_ino(true, sk);
	if (!owner || owner->process != process || owner->ino != new.ino) {
		new.process = process ? rs_remember() : 0;
		new.tid = (__u32)thread;
		bpf_map_update_elem(&udp_owners, &socket, &new, BPF_ANY);
	}
	if (!call)
		return 0;
	key = *call;
	bpf_map_delete_elem(&udp_calls, &thread);
	if (key.sk == socket && key.ino == new.ino)
		rs_udp_name(&key, bpf_ktime_get_boot_ns());
	return 0;
}

/* ------------------------------------------------------------------ the end */

struct rs_udp_chain {
	struct rs_udp_key key;
	__u32 ino;
	__u32 pad;
};

static __always_inline void rs_udp_end(struct rs_udp_key *key, struct rs_udp_sum *sum)
{
	rs_tell_sum(key, sum, RS_FLOW_END);
	bpf_map_delete_elem(&udp_sums, key);
}

static long rs_udp_end_next(__u32 i, void *context)
{
	struct rs_udp_chain *c = context;
	struct rs_udp_key key = c->key;
	struct rs_udp_sum *sum = bpf_map_lookup_elem(&udp_sums, &key);

	if (!sum)
		return 1; /* the end; or one that ended before: those behind it end in time */
	c->key = sum->next;
	rs_udp_end(&key, sum);
	return !c->key.sk;
}

static __noinline int rs_udp_closed(struct sock *sk)
{
	__u64 key = (__u64)sk;
	struct rs_udp_key *head = bpf_map_lookup_elem(&udp_sockets, &key);
	struct rs_udp_chain chain = {};

	if (!head)
		return 0;
	chain.key = *head;
	bpf_map_delete_elem(&udp_sockets, &key);
	bpf_loop(RS_UDP_SUMS, rs_udp_end_next, &chain, 0);
	return 0;
}

/* A sum's turn, by the timer. Returns false when it has ended. */
static __noinline int rs_udp_turn(struct rs_udp_key *key, __u64 now)
{
	struct rs_udp_sum *sum;
	__u64 told;

	if (!key)
		return 0;
	sum = bpf_map_lookup_elem(&udp_sums, key);
	if (!sum)
		return 0;
	/* closed where nobody saw it, or silent for long */
	if (rs_socket_ino(false, (struct sock *)key->sk) != key->ino ||
	    (__s64)(now - sum->last_ns) >= (__s64)RS_UDP_IDLE_NS) {
		rs_udp_end(key, sum);
		return 0;
	}
	told = sum->told_ns;
	if (!told) { /* and the call that sent it has long returned */
		if ((__s64)(now - sum->last_ns) >= (__s64)RS_UDP_SILENT_NS)
			rs_udp_name(key, now);
		return 1;
	}
	if (sum->packets != sum->told_packets && (__s64)(now - told) >= (__s64)RS_UDP_TELL_NS &&
	    __sync_val_compare_and_swap(&sum->told_ns, told, now) == told)
		rs_tell_sum(key, sum, 0);
	return 1;
}

#endif
