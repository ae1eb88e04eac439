/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * echo.bpf.h - whose ICMP it is. Which process has a raw or ping socket is noted where
 * the socket is used (echo_sender.bpf.h). A request that goes out still has its socket;
 * its reply is found by addresses and identifier.
 */
#ifndef RINGSIDE_ECHO_BPF_H
#define RINGSIDE_ECHO_BPF_H

#include "socket.bpf.h"

#define RS_ECHOES 4096

struct rs_echo_sender {
	__u64 process; /* key in processes */
	__u32 ino;     /* of the socket: its memory may be used again */
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u64); /* struct sock * */
	__type(value, struct rs_echo_sender);
	__uint(max_entries, RS_ECHOES);
} echo_senders SEC(".maps");

/* As it is on the wire: requests go from local to remote, replies come back. */
struct rs_echo_key {
	__u32 netns;
	__u16 id; /* network byte order */
	__u8 ip_version;
	__u8 pad;
	__u8 local[16];
	__u8 remote[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, struct rs_echo_key);
	__type(value, __u64); /* key in processes */
	__uint(max_entries, RS_ECHOES);
} echoes SEC(".maps");

static __always_inline bool rs_is_echo_request(__u8 ip_version, __u8 type)
{
	return type == (ip_version == 6 ? 128 : 8);
}

static __always_inline bool rs_is_echo_reply(__u8 ip_version, __u8 type)
{
	return type == (ip_version == 6 ? 129 : 0);
}

/* The packet's socket as a number, which may be computed with; 0: it has none, since it
 * is forwarded.
 */
static __always_inline __u64 rs_packet_socket(struct __sk_buff *skb)
{
	struct bpf_sock *checked = skb->sk;
	__u64 sk = 0;

	bpf_probe_read_kernel(&sk, sizeof(sk), &checked);
	return sk;
}

/* A socket that no process has: its packets are errors, replies, neighbour discovery. */
static __always_inline bool rs_is_kernels(__u64 sk)
{
	return sk && !BPF_CORE_READ((struct sock *)sk, sk_socket, file);
}

/* The process that sends this request, and that the reply will be for; 0: not known. */
static __always_inline __u64 rs_request_sender(__u64 sk, struct rs_echo_key *key)
{
	struct rs_echo_sender *sender = bpf_map_lookup_elem(&echo_senders, &sk);
	__u64 process, *noted;

	if (!sender || sender->ino != rs_socket_ino(false, (struct sock *)sk))
		return 0;
	process = sender->process;
	noted = bpf_map_lookup_elem(&echoes, key);
	if (process && !(noted && *noted == process))
		bpf_map_update_elem(&echoes, key, &process, BPF_ANY);
	return process;
}

#endif
