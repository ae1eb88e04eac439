// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * flows.bpf.c - TCP and UDP of the whole host: where in the kernel they are seen.
 *
 * A program is named by its hook: k_ a kprobe, r_ a kretprobe, t_ a raw tracepoint
 * (tp_btf), i_ an iterator (netstat.bpf.h). loader/hooks.c says which of them see the same, and which are preferred.
 *
 * A kprobe that hits while a BPF program of another kprobe runs on this CPU is
 * skipped by the kernel (bpf_prog_active, kernel/trace/bpf_trace.c). So what happens
 * in interrupts is taken from tracepoints too where there are any, and kprobes see
 * what processes do.
 */
#include "tcp.bpf.h"
#include "udp.bpf.h"
#include "echo_sender.bpf.h"
#include "netstat.bpf.h"
#include <bpf/bpf_tracing.h>

/* ------------------------------------------------------------------ TCP: connect */

SEC("kprobe/tcp_v4_connect")
int BPF_KPROBE(k_tcp_v4_connect, struct sock *sk, void *address)
{
	return rs_is_active() ? rs_connect_begins((__u64)sk, address, false) : 0;
}

SEC("kretprobe/tcp_v4_connect")
int BPF_KRETPROBE(r_tcp_v4_connect, int error)
{
	return rs_is_active() ? rs_connect_returns(error) : 0;
}

SEC("kprobe/tcp_v6_connect")
int BPF_KPROBE(k_tcp_v6_connect, struct sock *sk, void *address)
{
	return rs_is_active() ? rs_connect_begins((__u64)sk, address, true) : 0;
}

SEC("kretprobe/tcp_v6_connect")
int BPF_KRETPROBE(r_tcp_v6_connect, int error)
{
	return rs_is_active() ? rs_connect_returns(error) : 0;
}

/* ------------------------------------------------------------------ TCP: states */

/*
 * No way sees all of it. The program of a tracepoint may be preempted (from kernel 7.0
 * on), and while it waits, the kernel skips it for all other threads of this CPU, for as
 * long as they run. That of a kprobe is not preempted, but skipped in an interrupt of
 * another kprobe's, and while a thread waits that was preempted in a bpf() call on a map,
 * whoever made that call (bpf_prog_active, also from 7.0 on, where the kernel is always
 * preemptible). So the kprobe comes first, and the tracepoint, which is behind it, tells
 * what it finds untold. What both are skipped for is told late: a connect at the first
 * use, a close when the socket is destroyed.
 */
struct rs_state_seen {
	__u64 sk;
	__u64 state;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct rs_state_seen);
	__uint(max_entries, 1);
} states_seen SEC(".maps");

SEC("kprobe/tcp_set_state")
int BPF_KPROBE(k_tcp_set_state, struct sock *sk, int new)
{
	bool own = rs_on_task_stack(ctx);
	struct rs_state_seen *seen;
	__u32 zero = 0;

	if (!rs_state_tells(new) || !rs_is_active() || !rs_is_inet(false, sk, IPPROTO_TCP))
		return 0;
	seen = own ? 0 : bpf_map_lookup_elem(&states_seen, &zero);
	if (seen) {
		seen->sk = (__u64)sk;
		seen->state = (__u64)new;
	}
	rs_tcp_state(false, sk, BPF_CORE_READ(sk, __sk_common.skc_state), new, own);
	return 0;
}

/* Whether the kprobe was skipped for what the running thread does to its socket: it leaves a trace there. */
static __always_inline bool rs_kprobe_skipped(struct sock *sk, int old, int new)
{
	__u64 key = (__u64)sk;
	struct rs_tracked *t = bpf_map_lookup_elem(&sockets, &key);

	switch (new) {
	case TCP_SYN_SENT:
		return !t || t->direction != RS_OUT || t->established;
	case TCP_ESTABLISHED:
		return t ? !t->established : old == TCP_SYN_RECV;
	}
	return t; /* of one that is closed nothing is left; who shuts down is noted once */
}

/* And of what processes do, listen(), which tells nothing. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(t_inet_sock_set_state_irq, struct sock *sk, int old, int new)
{
	struct rs_state_seen *seen;
	__u32 zero = 0;
	bool own;

	if (new == TCP_LISTEN)
		return rs_is_active() && rs_is_inet(true, sk, IPPROTO_TCP) ? rs_tcp_listens(sk) : 0;
	if (!rs_state_tells(new))
		return 0;
	own = rs_on_task_stack(ctx);
	if ((own && !flow_config.kprobe_states) || !rs_is_active() || !rs_is_inet(true, sk, IPPROTO_TCP))
		return 0;
	if (own) { /* it may be preempted, and has no CPU of its own */
		if (rs_kprobe_skipped(sk, old, new))
			rs_tcp_state(true, sk, old, new, true);
		return 0;
	}
	seen = bpf_map_lookup_elem(&states_seen, &zero);
	if (seen && seen->sk == (__u64)sk && seen->state == (__u64)new)
		seen->sk = 0;
	else
		rs_tcp_state(true, sk, old, new, false);
	return 0;
}

/* Without kprobes: a program of a tracepoint is skipped where it interrupts itself, so
 * this one is for what processes do, the one above for what interrupts do meanwhile.
 */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(t_inet_sock_set_state, struct sock *sk, int old, int new)
{
	if (rs_state_tells(new) && rs_on_task_stack(ctx) && rs_is_active() && rs_is_inet(true, sk, IPPROTO_TCP))
		rs_tcp_state(true, sk, old, new, true);
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(t_tcp_destroy_sock, struct sock *sk)
{
	return rs_is_active() ? rs_tcp_destroyed(sk) : 0;
}

/* ------------------------------------------------------------------ TCP: accept */

/* Called by accept() when it has a connection. A kretprobe of inet_csk_accept would
 * be held by each thread that waits in there, and there are few of them.
 */
SEC("kprobe/security_sock_graft")
int BPF_KPROBE(k_security_sock_graft, struct sock *sk)
{
	if (rs_is_active() && rs_is_inet(false, sk, IPPROTO_TCP))
		rs_tcp_accepted(sk);
	return 0;
}

SEC("kretprobe/inet_csk_accept")
int BPF_KRETPROBE(r_inet_csk_accept, struct sock *sk)
{
	if (sk && rs_is_active() && rs_is_inet(false, sk, IPPROTO_TCP))
		rs_tcp_accepted(sk);
	return 0;
}

/* ------------------------------------------------------------------ TCP: retransmit, use */

/* Also where in the end nothing is sent; the tracepoint is behind that. */
SEC("kprobe/tcp_retransmit_skb")
int BPF_KPROBE(k_tcp_retransmit_skb, struct sock *sk)
{
	return rs_is_active() ? rs_tcp_retransmitted((__u64)sk, 1) : 0;
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(t_tcp_retransmit_skb, struct sock *sk)
{
	return rs_is_active() ? rs_tcp_retransmitted((__u64)sk, 0) : 0;
}

SEC("kprobe/tcp_sendmsg")
int BPF_KPROBE(k_tcp_sendmsg, struct sock *sk)
{
	return rs_is_active() ? rs_tcp_used_copied(sk, 0, true) : 0;
}

SEC("kprobe/tcp_recvmsg")
int BPF_KPROBE(k_tcp_recvmsg, struct sock *sk)
{
	return rs_is_active() ? rs_tcp_used_copied(sk, 0, true) : 0;
}

static __always_inline int rs_tcp_length(struct sock *sk)
{
	return rs_is_inet(true, sk, IPPROTO_TCP) && rs_is_active() ? rs_tcp_used_typed(sk, 0, true) : 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(t_sock_send_length, struct sock *sk)
{
	return rs_tcp_length(sk);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(t_sock_recv_length, struct sock *sk)
{
	return rs_tcp_length(sk);
}

/* ------------------------------------------------------------------ UDP */

/* QUEUED: at the device, so not by whoever runs; a tracepoint. */
static __always_inline int rs_sent(struct sk_buff *skb, struct sock *sk, const bool queued)
{
	struct rs_datagram d;

	if (!(queued ? rs_read_datagram_typed(skb, &d) : rs_read_datagram(skb, &d)) || d.protocol != IPPROTO_UDP)
		return 0;
	return queued ? rs_udp_queued(sk, skb, &d) : rs_udp_sent(sk, skb, &d);
}

/* Whose packet it is, if it is a UDP socket's. */
static __always_inline struct sock *rs_udp_sender(const bool typed, struct sk_buff *skb)
{
	struct sock *sk = RS_GET(typed, skb, sk);
	__u8 state;

	if (!sk)
		return 0;
	state = RS_GET(typed, sk, __sk_common.skc_state);
	if (state == TCP_TIME_WAIT || state == TCP_NEW_SYN_RECV)
		return 0; /* not whole sockets */
	return RS_GET(typed, sk, sk_protocol) == IPPROTO_UDP ? sk : 0;
}

/* Both are called by the sender, with all headers in place. */
SEC("kprobe/ip_send_skb")
int BPF_KPROBE(k_ip_send_skb, struct net *net, struct sk_buff *skb)
{
	struct sock *sk = rs_udp_sender(false, skb);

	return sk && rs_is_active() ? rs_sent(skb, sk, false) : 0;
}

SEC("kprobe/ip6_send_skb")
int BPF_KPROBE(k_ip6_send_skb, struct sk_buff *skb)
{
	struct sock *sk = rs_udp_sender(false, skb);

	return sk && rs_is_active() ? rs_sent(skb, sk, false) : 0;
}

/* The packet of this CPU that passed a device which hands it on to another one. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 1);
} stacked SEC(".maps");

#define IFF_LOOPBACK 0x8

/* A packet comes here for each device that it passes: VLAN, bond, tunnel, and what lies
 * below. Those that hand it on leave it its route, the last one does not (netif_keep_dst).
 */
static __always_inline bool rs_is_first_device(struct sk_buff *skb)
{
	__u32 zero = 0;
	__u64 *last = bpf_map_lookup_elem(&stacked, &zero);
	struct net_device *dev = skb->dev;
	struct dst_entry *dst = rs_dst(true, skb);
	bool same;

	if (!last)
		return false;
	if (!dst) {
		same = *last == (__u64)skb;
		*last = 0;
		return !same;
	}
	if (BPF_CORE_READ(dst, dev) != dev)
		return false;
	*last = dev->flags & IFF_LOOPBACK ? 0 : (__u64)skb;
	return true;
}

SEC("tp_btf/net_dev_queue")
int BPF_PROG(t_net_dev_queue, struct sk_buff *skb)
{
	struct sock *sk = rs_udp_sender(true, skb);

	return sk && rs_is_active() && rs_is_first_device(skb) ? rs_sent(skb, sk, true) : 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(t_sock_send_length_udp, struct sock *sk)
{
	return rs_is_inet(true, sk, IPPROTO_UDP) && rs_is_active() ? rs_udp_send_returns(sk) : 0;
}

/* Called when a datagram has been copied to its process; below 0 it was only looked at. */
SEC("kprobe/skb_consume_udp")
int BPF_KPROBE(k_skb_consume_udp, struct sock *sk, struct sk_buff *skb, int copied)
{
	return copied >= 0 && rs_is_active() ? rs_udp_received(sk, skb, (__u32)copied) : 0;
}

#define MSG_PEEK 2 /* include/linux/socket.h */

/* Has no packet: the peer is the socket's, if it has one. */
SEC("tp_btf/sock_recv_length")
int BPF_PROG(t_sock_recv_length_udp, struct sock *sk, int length, int flags)
{
	if (length >= 0 && !(flags & MSG_PEEK) && rs_is_inet(true, sk, IPPROTO_UDP) && rs_is_active())
		rs_udp_took(sk, (__u32)length);
	return 0;
}

SEC("kprobe/udp_destroy_sock")
int BPF_KPROBE(k_udp_destroy_sock, struct sock *sk)
{
	return rs_is_active() ? rs_udp_closed(sk) : 0;
}

SEC("kprobe/udpv6_destroy_sock")
int BPF_KPROBE(k_udpv6_destroy_sock, struct sock *sk)
{
	return rs_is_active() ? rs_udp_closed(sk) : 0;
}

/* ------------------------------------------------------------------ echoes */

SEC("kprobe/raw_sendmsg")
int BPF_KPROBE(k_raw_sendmsg, struct sock *sk)
{
	return rs_is_active() ? rs_echo_used(sk) : 0;
}

SEC("kprobe/rawv6_sendmsg")
int BPF_KPROBE(k_rawv6_sendmsg, struct sock *sk)
{
	return rs_is_active() ? rs_echo_used(sk) : 0;
}

SEC("kprobe/ping_v4_sendmsg")
int BPF_KPROBE(k_ping_v4_sendmsg, struct sock *sk)
{
	return rs_is_active() ? rs_echo_used(sk) : 0;
}

SEC("kprobe/ping_v6_sendmsg")
int BPF_KPROBE(k_ping_v6_sendmsg, struct sock *sk)
{
	return rs_is_active() ? rs_echo_used(sk) : 0;
}

/* Behind the first send of a socket; before the second one. */
SEC("tp_btf/sock_send_length")
int BPF_PROG(t_sock_send_length_raw, struct sock *sk)
{
	__u16 protocol = sk->sk_protocol;

	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP && rs_is_inet(true, sk, protocol) && rs_is_active())
		rs_echo_used_typed(sk);
	return 0;
}

/* ------------------------------------------------------------------ all of them in one */

/* Each program of a tracepoint costs a call, for each send and receive of the host: where
 * all are wanted, these stand for them (loader/hooks.c).
 */
SEC("tp_btf/sock_send_length")
int BPF_PROG(t_sock_send_length_all, struct sock *sk)
{
	__u16 protocol = sk->sk_protocol;

	if (!rs_is_inet(true, sk, protocol) || !rs_is_active())
		return 0;
	if (protocol == IPPROTO_TCP)
		return rs_tcp_used_typed(sk, 0, true);
	return protocol == IPPROTO_UDP ? rs_udp_send_returns(sk) : rs_echo_used_typed(sk);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(t_sock_recv_length_all, struct sock *sk, int length, int flags)
{
	__u16 protocol = sk->sk_protocol;

	if ((protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) || !rs_is_inet(true, sk, protocol) || !rs_is_active())
		return 0;
	if (protocol == IPPROTO_TCP)
		return rs_tcp_used_typed(sk, 0, true);
	return length >= 0 && !(flags & MSG_PEEK) ? rs_udp_took(sk, (__u32)length) : 0;
}

/* ------------------------------------------------------------------ the timer */

#define RS_TURNS_MOST 1024 /* in one go, so that an interrupt stays short */

static long rs_next_udp(__u32 i, void *context)
{
	__u64 now = *(__u64 *)context;
	struct rs_udp_key key;

	if (bpf_map_pop_elem(&udp_turns, &key))
		return 1;
	/* a full queue would take none back: it is as long as the table */
	if (rs_udp_turn(&key, now))
		bpf_map_push_elem(&udp_turns, &key, BPF_ANY);
	return 0;
}

static long rs_next_tcp(__u32 i, void *context)
{
	__u64 now = *(__u64 *)context;
	struct rs_live entry;

	if (bpf_map_pop_elem(&live, &entry))
		return 1;
	if (rs_tcp_total(entry.sk, entry.queued_ns, now))
		bpf_map_push_elem(&live, &entry, BPF_ANY);
	return 0;
}

/* How many are in the queues is not known, so a turn could come twice in one go;
 * the second time it has nothing to tell.
 */
SEC("perf_event")
int tick(void *context)
{
	__u64 now = bpf_ktime_get_boot_ns();

	if (!rs_is_active())
		return 0;
	bpf_loop(RS_TURNS_MOST, rs_next_udp, &now, 0);
	if (flow_config.interval_ns)
		bpf_loop(RS_TURNS_MOST, rs_next_tcp, &now, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
