/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* socket.bpf.h - reading sockets. */
#ifndef RINGSIDE_SOCKET_BPF_H
#define RINGSIDE_SOCKET_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "abi.h"

#define SOCK_DONE 1 /* enum sock_flags, include/net/sock.h: the other side's FIN has come */

/* In a tracepoint's program the kernel's pointers have types, and what they point to is
 * loaded as it is; in a kprobe's each field is copied by a call. TYPED says which, and is
 * a constant.
 */
#define RS_GET(typed, p, field) ((typed) ? (p)->field : BPF_CORE_READ(p, field))

/* NAME(typed, sk, n, own) as a function with a stack of its own, once for each of the two. */
#define RS_BOTH(name)                                                                                   \
	static __noinline int name##_typed(struct sock *sk, int n, bool own)                            \
	{                                                                                               \
		return name(true, sk, n, own);                                                          \
	}                                                                                               \
	static __noinline int name##_copied(struct sock *sk, int n, bool own)                           \
	{                                                                                               \
		return name(false, sk, n, own);                                                         \
	}
#define RS_CALL(typed, name, sk, n, own) ((typed) ? name##_typed(sk, n, own) : name##_copied(sk, n, own))

/* One side of a socket and the other. */
struct rs_ends {
	__u8 local[16];
	__u8 remote[16];
	__u16 local_port;
	__u16 remote_port;
	__u8 ip_version;
	__u8 pad[3];
};

static __always_inline bool rs_is_inet(const bool typed, struct sock *sk, __u16 protocol)
{
	__u16 family = RS_GET(typed, sk, __sk_common.skc_family);

	return (family == AF_INET || family == AF_INET6) && RS_GET(typed, sk, sk_protocol) == protocol;
}

static __always_inline bool rs_is_mapped(const __u8 address[16])
{
	const __u32 *words = (const void *)address;

	return !words[0] && !words[1] && words[2] == bpf_htonl(0xffff);
}

/* ::ffff:192.0.2.1 is IPv4, whatever the socket's family. */
static __always_inline void rs_unmap(struct rs_ends *e)
{
	__u32 *local = (void *)e->local, *remote = (void *)e->remote;

	if (e->ip_version != 6 || !rs_is_mapped(e->remote))
		return;
	e->ip_version = 4;
	local[0] = rs_is_mapped(e->local) ? local[3] : 0;
	remote[0] = remote[3];
	local[1] = local[2] = local[3] = 0;
	remote[1] = remote[2] = remote[3] = 0;
}

static __always_inline void rs_read_ends(const bool typed, struct sock *sk, struct rs_ends *e)
{
	__builtin_memset(e, 0, sizeof(*e));
	/* skc_num is 0 again when a connection is closed */
	e->local_port = bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	e->remote_port = bpf_ntohs(RS_GET(typed, sk, __sk_common.skc_dport));
	if (RS_GET(typed, sk, __sk_common.skc_family) == AF_INET6) {
		e->ip_version = 6;
		BPF_CORE_READ_INTO(&e->local, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&e->remote, sk, __sk_common.skc_v6_daddr);
		rs_unmap(e);
	} else {
		e->ip_version = 4;
		*(__u32 *)e->local = RS_GET(typed, sk, __sk_common.skc_rcv_saddr);
		*(__u32 *)e->remote = RS_GET(typed, sk, __sk_common.skc_daddr);
	}
}

static __always_inline __u32 rs_netns(const bool typed, struct sock *sk)
{
	struct net *net = RS_GET(typed, sk, __sk_common.skc_net.net);

	return net ? RS_GET(typed, net, ns.inum) : 0;
}

/* The interface that the socket's route uses; leaves the name alone where it has none. */
static __always_inline void rs_route_name(const bool typed, struct sock *sk, char name[16])
{
	struct dst_entry *dst = RS_GET(typed, sk, sk_dst_cache);
	struct net_device *dev = dst ? RS_GET(typed, dst, dev) : 0;

	if (dev)
		BPF_CORE_READ_INTO((char(*)[16])name, dev, name);
}

/* Of sockets whose memory is used again, each has another; 0: no process has it any more. */
static __always_inline __u32 rs_socket_ino(const bool typed, struct sock *sk)
{
	struct socket *socket = RS_GET(typed, sk, sk_socket);
	struct socket_alloc *both = (void *)socket - bpf_core_field_offset(struct socket_alloc, socket);

	return socket ? (__u32)BPF_CORE_READ(both, vfs_inode.i_ino) : 0;
}

#define RS_DEVICES_HASH 256 /* NETDEV_HASHENTRIES, include/linux/netdevice.h */
#define RS_DEVICES_MOST 16  /* of one hash value that are looked at */

/* The name of an interface in the socket's namespace; leaves NAME alone if it is not found. */
static __always_inline void rs_index_name(struct sock *sk, int index, char name[16])
{
	struct hlist_head *heads = BPF_CORE_READ(sk, __sk_common.skc_net.net, dev_index_head);
	struct hlist_node *node = 0;

	bpf_probe_read_kernel(&node, sizeof(node), &heads[index & (RS_DEVICES_HASH - 1)]);
	for (int i = 0; i < RS_DEVICES_MOST && node; i++) {
		struct net_device *dev = (void *)node - bpf_core_field_offset(struct net_device, index_hlist);

		if (BPF_CORE_READ(dev, ifindex) == index) {
			BPF_CORE_READ_INTO((char(*)[16])name, dev, name);
			return;
		}
		node = BPF_CORE_READ(node, next);
	}
}

#endif
