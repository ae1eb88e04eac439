/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * vmlinux.h - the kernel types that bpf/ uses, and nothing else.
 *
 * Structures in the first part are relocated when they are loaded (CO-RE), so
 * only the members in use are here, and in any order. Those in the second part
 * lie in packets: their layout is an RFC's and is not relocated.
 * `make vmlinux` compares every one with the BTF of the running kernel.
 * Nothing here depends on the architecture (x86-64, arm64).
 */
#ifndef RINGSIDE_VMLINUX_H
#define RINGSIDE_VMLINUX_H

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u16 __sum16;
typedef __u32 __wsum;
typedef _Bool bool;
#define true 1
#define false 0

/* --- relocated ---------------------------------------------------------- */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct xdp_md {
	__u32 data;
	__u32 data_end;
};

struct __sk_buff {
	__u32 len;
	__u32 vlan_present;
	__u32 vlan_tci;
	__u32 data;
	__u32 data_end;
};

#pragma clang attribute pop

/* The values below are the kernel's ABI (include/uapi/linux/bpf.h, pkt_cls.h). */
enum bpf_map_type {
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_USER_RINGBUF = 31,
};

enum xdp_action {
	XDP_PASS = 2,
};

#define BPF_F_MMAPABLE (1U << 10)
#define BPF_RB_FORCE_WAKEUP (1ULL << 1)
#define TC_ACT_UNSPEC (-1)

/* --- on the wire -------------------------------------------------------- */

struct ethhdr {
	unsigned char h_dest[6];
	unsigned char h_source[6];
	__be16 h_proto;
} __attribute__((packed));

struct vlan_hdr {
	__be16 h_vlan_TCI;
	__be16 h_vlan_encapsulated_proto;
};

struct iphdr {
	__u8 ihl : 4;
	__u8 version : 4;
	__u8 tos;
	__be16 tot_len;
	__be16 id;
	__be16 frag_off;
	__u8 ttl;
	__u8 protocol;
	__sum16 check;
	__be32 saddr;
	__be32 daddr;
};

struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__be16 u6_addr16[8];
		__be32 u6_addr32[4];
	} in6_u;
};

struct ipv6hdr {
	__u8 priority : 4;
	__u8 version : 4;
	__u8 flow_lbl[3];
	__be16 payload_len;
	__u8 nexthdr;
	__u8 hop_limit;
	struct in6_addr saddr;
	struct in6_addr daddr;
};

struct frag_hdr {
	__u8 nexthdr;
	__u8 reserved;
	__be16 frag_off;
	__be32 identification;
};

#define ETH_P_IP 0x0800	    /* IEEE 802; include/uapi/linux/if_ether.h */
#define ETH_P_IPV6 0x86DD   /* RFC 2464 */
#define ETH_P_8021Q 0x8100  /* 802.1Q */
#define ETH_P_8021AD 0x88A8 /* 802.1ad */

/* IANA protocol numbers; the extension headers are RFC 8200, 4302, 6275, 7401, 5533 */
enum {
	IPPROTO_HOPOPTS = 0,
	IPPROTO_ICMP = 1,
	IPPROTO_TCP = 6,
	IPPROTO_UDP = 17,
	IPPROTO_DCCP = 33,
	IPPROTO_ROUTING = 43,
	IPPROTO_FRAGMENT = 44,
	IPPROTO_AH = 51,
	IPPROTO_ICMPV6 = 58,
	IPPROTO_DSTOPTS = 60,
	IPPROTO_SCTP = 132,
	IPPROTO_MH = 135,
	IPPROTO_UDPLITE = 136,
	IPPROTO_HIP = 139,
	IPPROTO_SHIM6 = 140,
};

#endif
