/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * echo.bpf.h - whose ICMP it is. An echo request is noted where its socket is seen
 * (echo_sent.bpf.h); here, where the packet is, it is looked up, and so is the reply.
 */
#ifndef RINGSIDE_ECHO_BPF_H
#define RINGSIDE_ECHO_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "abi.h"

#define RS_ECHOES 4096

/* As it is on the wire: requests go from local to remote, replies come back. */
struct rs_echo_key {
	__u32 netns;
	__u16 id;
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

/* Whose echo this is, by its addresses and identifier: a key in processes, or 0. */
static __always_inline __u64 rs_echo_owner(__u32 netns, __u8 ip_version, __u8 type, bool out, __be16 id,
					   const void *src, const void *dst)
{
	const __u32 size = ip_version == 6 ? 16 : 4;
	struct rs_echo_key key = {};
	__u64 *owner;

	if (!(out ? rs_is_echo_request(ip_version, type) : rs_is_echo_reply(ip_version, type)))
		return 0;
	key.netns = netns;
	key.id = bpf_ntohs(id);
	key.ip_version = ip_version;
	if (size == 16) {
		__builtin_memcpy(key.local, out ? src : dst, 16);
		__builtin_memcpy(key.remote, out ? dst : src, 16);
	} else {
		__builtin_memcpy(key.local, out ? src : dst, 4);
		__builtin_memcpy(key.remote, out ? dst : src, 4);
	}
	owner = bpf_map_lookup_elem(&echoes, &key);
	return owner ? *owner : 0;
}

/* A packet of a socket that no process has: an error, a reply, neighbour discovery.
 * One that is forwarded has no socket.
 */
static __always_inline bool rs_is_kernels(struct __sk_buff *skb)
{
	struct bpf_sock *checked = skb->sk;
	struct sock *sk = 0;

	/* as a number: the verifier lets nobody compute with the pointer */
	bpf_probe_read_kernel(&sk, sizeof(sk), &checked);
	return sk && !BPF_CORE_READ(sk, sk_socket, file);
}

#endif
