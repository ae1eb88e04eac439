/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * netstat.bpf.h - a line of JSON for each socket there is, with its owner as far as it is known.
 *
 * Iterators: they run for whoever reads the pins tcp and udp, over the sockets of the reader's
 * network namespace, each whole one locked meanwhile. A line is written in pieces: when the
 * kernel's buffer (32 KiB) is full in the middle of one, the kernel takes its pieces back and
 * begins the next read with it (kernel/bpf/bpf_iter.c).
 *
 * Two may read on the same CPU, and one may be preempted for the other: so nothing is put
 * together in a map.
 */
#ifndef RINGSIDE_NETSTAT_BPF_H
#define RINGSIDE_NETSTAT_BPF_H

#include "tcp.bpf.h"
#include "udp.bpf.h"

#define RS_PUT(seq, literal)                                      \
	({                                                        \
		static const char text_[] = literal;              \
		bpf_seq_write(seq, text_, sizeof(text_) - 1);     \
	})

/* What JavaScript counts to. */
static __always_inline __u64 rs_shown(__u64 value)
{
	const __u64 most = (1ULL << 53) - 1;

	return value < most ? value : most;
}

/* ------------------------------------------------------------------ strings */

/* Bytes of the UTF-8 character at s, or 0 where there is none (RFC 3629, 4). */
static __always_inline __u32 rs_utf8_length(const __u8 *s)
{
	if (s[0] < 0xc2 || s[0] > 0xf4 || (s[1] & 0xc0) != 0x80)
		return 0;
	if (s[0] < 0xe0)
		return 2;
	if ((s[2] & 0xc0) != 0x80)
		return 0;
	if (s[0] < 0xf0)
		return (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ? 0 : 3;
	if ((s[3] & 0xc0) != 0x80 || (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return 4;
}

static __always_inline bool rs_is_plain(__u8 c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* One byte, or the character that it begins: as the reader does it, see put_json_string(). */
static __noinline __u32 rs_put_char(struct seq_file *seq, const __u8 *s)
{
	char escaped[2] = { '\\', s[0] };
	__u32 length;

	if (rs_is_plain(s[0])) {
		bpf_seq_write(seq, s, 1);
		return 1;
	}
	if (s[0] == '"' || s[0] == '\\') {
		bpf_seq_write(seq, escaped, 2);
		return 1;
	}
	if (s[0] < 0x20 || s[0] == 0x7f) {
		BPF_SEQ_PRINTF(seq, "\\u%04x", s[0]);
		return 1;
	}
	length = rs_utf8_length(s);
	if (length == 2)
		bpf_seq_write(seq, s, 2);
	else if (length == 3)
		bpf_seq_write(seq, s, 3);
	else if (length == 4)
		bpf_seq_write(seq, s, 4);
	else
		RS_PUT(seq, "\xef\xbf\xbd");
	return length ?: 1;
}

/* What stands between the quotes of a JSON string: valid UTF-8 whatever the 16 bytes are. */
static __noinline int rs_put_name(struct seq_file *seq, const char *name)
{
	__u64 copy[3] = {}; /* it may change meanwhile; and nothing continues behind its end */
	const __u8 *s = (const void *)copy;
	__u32 length, skip = 0;

	if (!name)
		return 0;
	copy[0] = ((const rs_word *)name)[0];
	copy[1] = ((const rs_word *)name)[1];
	barrier(); /* words are written before they are read as bytes */
	for (length = 0; length < 16 && rs_is_plain(s[length]); length++)
		;
	if (length == 16 || !s[length]) { /* nearly always */
		bpf_seq_write(seq, s, length);
		return 0;
	}
	for (__u32 i = 0; i < 16 && s[i]; i++) {
		if (skip)
			skip--;
		else
			skip = rs_put_char(seq, s + i) - 1;
	}
	return 0;
}

/* ------------------------------------------------------------------ addresses */

/* The groups that "::" stands for, a bit each: the longest run of zeros, two at least; the
 * first of equals (RFC 5952, 4.2).
 */
static __always_inline __u32 rs_gap(const __u16 groups[8])
{
	__u32 zero = 0, runs, more, length = 1;

#pragma unroll
	for (int i = 0; i < 8; i++)
		zero |= ((__u32)groups[i] - 1) >> 31 << i;
	/* a bit of runs: so many zeros begin here */
	for (runs = zero; length < 8; length++) {
		more = runs & zero >> length;
		if (!more)
			break;
		runs = more;
	}
	return length > 1 ? (runs & -runs) * ((1U << length) - 1) : 0;
}

static __noinline int rs_put_address(struct seq_file *seq, const __u8 *address, __u32 ip_version)
{
	const __u16 *groups = (const void *)address;
	__u32 gap;

	if (!address)
		return 0;
	if (ip_version == 4) {
		BPF_SEQ_PRINTF(seq, "%pI4", address);
		return 0;
	}
	gap = rs_gap(groups);
	for (__u32 i = 0; i < 8; i++) {
		bool behind_gap = i && (gap >> (i - 1) & 1);

		if (gap >> i & 1) {
			if (!behind_gap)
				RS_PUT(seq, "::");
		} else if (i && !behind_gap) {
			BPF_SEQ_PRINTF(seq, ":%x", bpf_ntohs(groups[i]));
		} else {
			BPF_SEQ_PRINTF(seq, "%x", bpf_ntohs(groups[i]));
		}
	}
	return 0;
}

/* skc_num is there in requests and in time-wait, too, and not 0 in any that is listed. */
static __always_inline void rs_common_ends(struct sock_common *c, struct rs_ends *e)
{
	__u32 *local = (void *)e->local;

	__builtin_memset(e, 0, sizeof(*e));
	e->local_port = c->skc_num;
	e->remote_port = bpf_ntohs(c->skc_dport);
	if (c->skc_family != AF_INET6) {
		e->ip_version = 4;
		*local = c->skc_rcv_saddr;
		*(__u32 *)e->remote = c->skc_daddr;
		return;
	}
	e->ip_version = 6;
	BPF_CORE_READ_INTO(&e->local, c, skc_v6_rcv_saddr);
	BPF_CORE_READ_INTO(&e->remote, c, skc_v6_daddr);
	rs_unmap(e);
	if (e->ip_version == 6 && rs_is_mapped(e->local)) { /* without a peer */
		e->ip_version = 4;
		local[0] = local[3];
		local[1] = local[2] = local[3] = 0;
	}
}

#define RS_UNCONNECTED 0 /* of UDP; no state of TCP */

static const char rs_states[16][12] = {
	[RS_UNCONNECTED] = "UNCONNECTED",
	[TCP_ESTABLISHED] = "ESTABLISHED",
	[TCP_SYN_SENT] = "SYN-SENT",
	[TCP_SYN_RECV] = "SYN-RECV",
	[TCP_FIN_WAIT1] = "FIN-WAIT-1",
	[TCP_FIN_WAIT2] = "FIN-WAIT-2",
	[TCP_TIME_WAIT] = "TIME-WAIT",
	[TCP_CLOSE] = "CLOSE",
	[TCP_CLOSE_WAIT] = "CLOSE-WAIT",
	[TCP_LAST_ACK] = "LAST-ACK",
	[TCP_LISTEN] = "LISTEN",
	[TCP_CLOSING] = "CLOSING",
	[TCP_NEW_SYN_RECV] = "SYN-RECV",
};

/* What every socket has, the smallest too. */
static __noinline int rs_put_ends(struct seq_file *seq, struct sock_common *c, __u32 protocol, __u32 state)
{
	struct rs_ends e;

	rs_common_ends(c, &e);
	BPF_SEQ_PRINTF(seq, "{\"event\":\"socket\",\"protocol\":%u,\"ip_version\":%u,\"local_ip\":\"", protocol,
		       e.ip_version);
	rs_put_address(seq, e.local, e.ip_version);
	BPF_SEQ_PRINTF(seq, "\",\"local_port\":%u", e.local_port);
	if (state != TCP_LISTEN && state != RS_UNCONNECTED) {
		RS_PUT(seq, ",\"remote_ip\":\"");
		rs_put_address(seq, e.remote, e.ip_version);
		BPF_SEQ_PRINTF(seq, "\",\"remote_port\":%u", e.remote_port);
	}
	BPF_SEQ_PRINTF(seq, ",\"state\":\"%s\"", rs_states[state & 15]);
	return 0;
}

/* ------------------------------------------------------------------ whole sockets */

/* Its route's interface, else the last that was seen of it. */
static __noinline int rs_put_socket(struct seq_file *seq, struct sock *sk, const char *last, __u32 direction, __u32 uid)
{
	__u32 ino = rs_socket_ino(true, sk);
	char name[16] = {};

	if (last)
		__builtin_memcpy(name, last, sizeof(name));
	rs_route_name(true, sk, name);
	if (name[0]) {
		RS_PUT(seq, ",\"if_name\":\"");
		rs_put_name(seq, name);
		RS_PUT(seq, "\"");
	}
	if (direction == RS_IN)
		RS_PUT(seq, ",\"direction\":\"in\"");
	else if (direction == RS_OUT)
		RS_PUT(seq, ",\"direction\":\"out\"");
	BPF_SEQ_PRINTF(seq, ",\"netns\":%u,\"socket_uid\":%u", rs_netns(true, sk), uid);
	if (ino)
		BPF_SEQ_PRINTF(seq, ",\"inode\":%u", ino);
	return 0;
}

static __noinline int rs_put_owner(struct seq_file *seq, __u64 process, __u32 tid)
{
	struct rs_known *known = process ? bpf_map_lookup_elem(&processes, &process) : 0;
	struct rs_process *p;

	if (!known || !known->whole)
		return 0;
	p = &known->process;
	BPF_SEQ_PRINTF(seq, ",\"pid\":%u,\"tid\":%u,\"started\":%u,\"uid\":%u,\"gid\":%u,\"comm\":\"", p->pid, tid,
		       (__u32)process, p->uid, p->gid);
	rs_put_name(seq, p->comm);
	BPF_SEQ_PRINTF(seq, "\",\"ppid\":%u,\"parent_comm\":\"", p->ppid);
	rs_put_name(seq, p->parent_comm);
	RS_PUT(seq, "\"");
	return 0;
}

/* ------------------------------------------------------------------ TCP */

static __noinline int rs_put_counters(struct seq_file *seq, struct tcp_sock *tp)
{
	struct rs_story s = {};
	__u32 rtt = tp->srtt_us >> 3;

	rs_totals(true, &s, (struct sock *)tp);
	BPF_SEQ_PRINTF(seq, ",\"tx_bytes\":%llu,\"rx_bytes\":%llu,\"tx_acked\":%llu,\"tx_packets\":%llu,\"rx_packets\":%llu"
		       ",\"retransmits\":%u,\"unacked\":%u,\"lost\":%u", rs_shown(s.tx_bytes), rs_shown(s.rx_bytes),
		       rs_shown(tp->bytes_acked), s.tx_packets, s.rx_packets, s.retransmits, tp->packets_out, tp->lost_out);
	if (rtt) /* measured */
		BPF_SEQ_PRINTF(seq, ",\"rtt_us\":%u,\"rtt_var_us\":%u", rtt, tp->mdev_us >> 2);
	return 0;
}

static __noinline int rs_put_tcp(struct seq_file *seq, struct tcp_sock *tp, __u32 state, __u32 uid)
{
	struct sock *sk = (void *)tp;
	__u64 key = (__u64)sk;
	struct rs_tracked *t = bpf_map_lookup_elem(&sockets, &key);
	__s32 unread;

	rs_put_socket(seq, sk, t ? t->if_name : 0, t ? t->direction : 0, uid);
	if (state == TCP_LISTEN) {
		BPF_SEQ_PRINTF(seq, ",\"tx_queue\":%u,\"rx_queue\":%u", sk->sk_max_ack_backlog, sk->sk_ack_backlog);
	} else {
		/* a FIN has a number and is nothing to be read */
		unread = (__s32)(tp->rcv_nxt - tp->copied_seq);
		BPF_SEQ_PRINTF(seq, ",\"tx_queue\":%u,\"rx_queue\":%u", tp->write_seq - tp->snd_una, unread > 0 ? unread : 0);
		rs_put_counters(seq, tp);
	}
	if (!t)
		return 0;
	if (t->began_ns && t->established)
		BPF_SEQ_PRINTF(seq, ",\"duration_us\":%llu", (bpf_ktime_get_boot_ns() - t->began_ns) / 1000);
	rs_put_owner(seq, t->process, t->tid);
	return 0;
}

/* Half open, or only remembered: there is no whole socket. */
static __noinline int rs_put_small(struct seq_file *seq, struct sock_common *c, __u32 state, __u32 uid)
{
	struct net *net = c->skc_net.net;

	rs_put_ends(seq, c, IPPROTO_TCP, state);
	BPF_SEQ_PRINTF(seq, ",\"netns\":%u", net ? net->ns.inum : 0);
	if (state == TCP_NEW_SYN_RECV)
		BPF_SEQ_PRINTF(seq, ",\"socket_uid\":%u", uid); /* of its listener */
	RS_PUT(seq, "}\n");
	return 0;
}

static __always_inline bool rs_is_ip(struct sock_common *c)
{
	return c->skc_family == AF_INET || c->skc_family == AF_INET6;
}

SEC("iter/tcp")
int i_tcp(struct bpf_iter__tcp *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct sock_common *c = ctx->sk_common;
	struct tcp_timewait_sock *tw;
	struct tcp_sock *tp;
	__u32 state;

	if (!c || !rs_is_ip(c))
		return 0;
	state = c->skc_state;
	tp = bpf_skc_to_tcp_sock(c);
	if (tp) {
		rs_put_ends(seq, c, IPPROTO_TCP, state);
		rs_put_tcp(seq, tp, state, ctx->uid);
		RS_PUT(seq, "}\n");
		return 0;
	}
	tw = bpf_skc_to_tcp_timewait_sock(c);
	if (tw)
		state = tw->tw_sk.tw_substate; /* or FIN-WAIT-2 */
	else if (!bpf_skc_to_tcp_request_sock(c))
		return 0;
	return rs_put_small(seq, c, state, ctx->uid);
}

/* ------------------------------------------------------------------ UDP */

/*
 * TCP_ESTABLISHED or RS_UNCONNECTED, which is 1 or 0, by arithmetic: with a constant on each of two
 * ways the verifier of 6.1 looked at one of them alone, and took away what only the other one needs (the peer).
 */
static __always_inline __u32 rs_udp_state(__u32 state)
{
	state ^= TCP_ESTABLISHED;
	barrier_var(state);
	return (state - 1) >> 31;
}

#define RS_UDP_PEERS_MOST 128 /* times directions, of one socket that are added up */

struct rs_udp_totals {
	struct rs_udp_key key; /* of the next sum */
	__u64 tx_bytes;
	__u64 rx_bytes;
	__u64 tx_packets;
	__u64 rx_packets;
	__u64 last_ns;
	__u64 process; /* of the last that sent or received */
	__u32 tid;
	__u32 broken; /* a sum has ended, and those that began before it are not found */
};

static long rs_udp_total(__u32 i, void *context)
{
	struct rs_udp_totals *totals = context;
	struct rs_udp_key key = totals->key;
	struct rs_udp_sum *sum = bpf_map_lookup_elem(&udp_sums, &key);

	if (!sum) {
		totals->broken = 1;
		return 1;
	}
	if (key.direction == RS_IN) {
		totals->rx_bytes += sum->bytes;
		totals->rx_packets += sum->packets;
	} else {
		totals->tx_bytes += sum->bytes;
		totals->tx_packets += sum->packets;
	}
	if (sum->process && sum->last_ns >= totals->last_ns) {
		totals->last_ns = sum->last_ns;
		totals->process = sum->process;
		totals->tid = sum->tid;
	}
	totals->key = sum->next;
	return !totals->key.sk;
}

static __noinline int rs_put_udp_totals(struct seq_file *seq, __u64 sk, __u32 ino)
{
	struct rs_udp_owner *owner = bpf_map_lookup_elem(&udp_owners, &sk);
	struct rs_udp_key *head = bpf_map_lookup_elem(&udp_sockets, &sk);
	struct rs_udp_totals totals = {};

	if (head && ino && head->ino == ino) {
		totals.key = *head;
		bpf_loop(RS_UDP_PEERS_MOST, rs_udp_total, &totals, 0);
		/* a part of them would look like all */
		if (!totals.broken && !totals.key.sk)
			BPF_SEQ_PRINTF(seq, ",\"tx_bytes\":%llu,\"rx_bytes\":%llu,\"tx_packets\":%llu,\"rx_packets\":%llu",
				       rs_shown(totals.tx_bytes), rs_shown(totals.rx_bytes),
				       rs_shown(totals.tx_packets), rs_shown(totals.rx_packets));
	}
	if (!totals.process && owner && ino && owner->ino == ino) {
		totals.process = owner->process;
		totals.tid = owner->tid;
	}
	rs_put_owner(seq, totals.process, totals.tid);
	return 0;
}

SEC("iter/udp")
int i_udp(struct bpf_iter__udp *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct udp_sock *up = ctx->udp_sk;
	struct sock_common *c = (void *)up;
	struct sock *sk = (void *)up;
	__u32 state, unread;

	if (!up || !rs_is_ip(c))
		return 0;
	state = rs_udp_state(c->skc_state);
	rs_put_ends(seq, c, IPPROTO_UDP, state);
	rs_put_socket(seq, sk, 0, 0, ctx->uid);
	unread = sk->sk_backlog.rmem_alloc.counter - up->forward_deficit;
	/* as ss has them: memory, of datagrams with what belongs to them; 1 is the socket itself */
	BPF_SEQ_PRINTF(seq, ",\"tx_queue\":%u,\"rx_queue\":%u", sk->sk_wmem_alloc.refs.counter - 1, unread);
	rs_put_udp_totals(seq, (__u64)sk, rs_socket_ino(true, sk));
	RS_PUT(seq, "}\n");
	return 0;
}

#endif
