/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * parse.bpf.h - from the first byte of a frame to the ICMP header and into it.
 *
 * Packets are only read. What is not in the linear part (drivers may leave
 * just a few headers there) is fetched by a helper that copies.
 */
#ifndef RINGSIDE_PARSE_BPF_H
#define RINGSIDE_PARSE_BPF_H

#include "ring.bpf.h"
#include <bpf/bpf_endian.h>

/* IPv6 extension headers that are followed; the longest chain that RFC 8200
 * recommends has 6. And the furthest that a header may begin.
 */
#define RS_EXT_HEADERS_MAX 8
#define RS_OFFSET_MAX 0x3fff

struct rs_packet {
	void *context; /* struct xdp_md or struct __sk_buff */
	void *data;
	void *data_end;
	bool is_skb;
	__u8 ip_version;
	__u8 protocol; /* behind the extension headers */
	__u8 ttl;
	__u8 vlans;
	__u16 vlan[2];
	__u32 offset;  /* of what has not been parsed yet */
	__u32 ip_end;  /* where the IP packet says it ends */
	__u32 length;  /* of the IP packet, headers included */
};

enum rs_parsed {
	RS_PARSED,
	RS_NOT_ICMP,
	RS_LATER_FRAGMENT,
	RS_TRUNCATED,
	RS_MALFORMED,
	RS_TOO_MANY_HEADERS,
};

/* len is a constant and a multiple of 4: words, since x86-64 and arm64 read
 * them at any address while clang would copy byte by byte.
 */
static __always_inline int rs_load(struct rs_packet *p, __u32 offset, void *to, const __u32 len)
{
	__u64 at = offset;

	if (at > RS_OFFSET_MAX)
		return -1;
	/* Nothing changes, but the verifier must see the bound on the very register
	 * that is added; older ones do not follow it through the compiler's copies.
	 */
	asm volatile("%0 &= %1" : "+r"(at) : "i"(RS_OFFSET_MAX));
	const __u32 *from = p->data + at;
	if ((void *)from + len <= p->data_end) {
#pragma unroll
		for (__u32 i = 0; i < len / 4; i++)
			((__u32 *)to)[i] = from[i];
		return 0;
	}
	if (p->is_skb)
		return bpf_skb_load_bytes(p->context, offset, to, len);
	return bpf_xdp_load_bytes(p->context, offset, to, len);
}

static __always_inline void rs_packet_xdp(struct rs_packet *p, struct xdp_md *xdp)
{
	*p = (struct rs_packet){
		.context = xdp,
		.data = (void *)(long)xdp->data,
		.data_end = (void *)(long)xdp->data_end,
	};
}

static __always_inline void rs_packet_skb(struct rs_packet *p, struct __sk_buff *skb)
{
	*p = (struct rs_packet){
		.context = skb,
		.data = (void *)(long)skb->data,
		.data_end = (void *)(long)skb->data_end,
		.is_skb = true,
	};
	/* A tag that the device will insert is not in the frame yet. */
	if (skb->vlan_present) {
		p->vlan[0] = skb->vlan_tci & 0xfff;
		p->vlans = 1;
	}
}

/* Ethernet and up to two tags. Returns the EtherType, network byte order, or 0. */
static __always_inline __be16 rs_parse_link(struct rs_packet *p)
{
	__be16 proto;

	if (config.l2_len == 0) {
		/* No link header: the version nibble says what it is. */
		__u32 first;
		if (rs_load(p, 0, &first, 4))
			return 0;
		__u8 version = *(__u8 *)&first >> 4;
		return version == 4 ? bpf_htons(ETH_P_IP) : version == 6 ? bpf_htons(ETH_P_IPV6) : 0;
	}
	struct ethhdr *eth = p->data;
	if ((void *)(eth + 1) <= p->data_end) {
		proto = eth->h_proto;
	} else {
		__u32 last; /* h_proto is the second half of bytes 10..13 */
		if (rs_load(p, 10, &last, 4))
			return 0;
		proto = ((__be16 *)&last)[1];
	}
	p->offset = sizeof(*eth);
#pragma unroll
	for (int i = 0; i < 2; i++) {
		struct vlan_hdr tag;
		if (proto != bpf_htons(ETH_P_8021Q) && proto != bpf_htons(ETH_P_8021AD))
			break;
		if (rs_load(p, p->offset, &tag, sizeof(tag)))
			return 0;
		/* no index: it would keep the whole structure out of registers */
		if (p->vlans == 0) {
			p->vlan[0] = bpf_ntohs(tag.h_vlan_TCI) & 0xfff;
			p->vlans = 1;
		} else if (p->vlans == 1) {
			p->vlan[1] = bpf_ntohs(tag.h_vlan_TCI) & 0xfff;
			p->vlans = 2;
		}
		p->offset += sizeof(tag);
		proto = tag.h_vlan_encapsulated_proto;
	}
	return proto;
}

/* Where a walk over extension headers ended, in one register: offset, protocol there, enum rs_parsed. */
#define RS_WALK(offset, next, parsed) \
	((__u64)(offset) | (__u64)(__u8)(next) << 32 | (__u64)(parsed) << 40)

static __always_inline __u64 rs_walk(struct rs_packet *p, __u32 offset, __u32 end, __u8 next)
{
	/* unrolled: kernels before 6.3 refuse loops that are entered in the middle */
#pragma unroll
	for (int i = 0; i <= RS_EXT_HEADERS_MAX; i++) {
		union {
			struct frag_hdr frag;
			__u8 byte[8];
		} ext;

		switch (next) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
		case IPPROTO_FRAGMENT:
		case IPPROTO_AH:
		case IPPROTO_MH:
		case IPPROTO_HIP:
		case IPPROTO_SHIM6:
			break;
		default:
			return RS_WALK(offset, next, RS_PARSED);
		}
		if (i == RS_EXT_HEADERS_MAX)
			break;
		/* every extension header has at least 8 bytes */
		if (offset + sizeof(ext) > end || rs_load(p, offset, &ext, sizeof(ext)))
			return RS_WALK(offset, next, RS_TRUNCATED);
		if (next == IPPROTO_FRAGMENT) {
			if (ext.frag.frag_off & bpf_htons(0xfff8))
				return RS_WALK(offset, ext.frag.nexthdr, RS_LATER_FRAGMENT);
			offset += 8;
		} else if (next == IPPROTO_AH) {
			offset += (ext.byte[1] + 2) * 4;
		} else {
			offset += (ext.byte[1] + 1) * 8;
		}
		next = ext.byte[0];
	}
	return RS_WALK(offset, next, RS_TOO_MANY_HEADERS);
}

/* Global functions are verified once, apart from their callers: inlined, the
 * two walks behind each other would be more paths than the verifier follows.
 */
__attribute__((noinline)) __u64 rs_walk_xdp(struct xdp_md *xdp, __u32 offset, __u32 end, __u32 next)
{
	struct rs_packet p;

	rs_packet_xdp(&p, xdp);
	return rs_walk(&p, offset, end, next);
}

__attribute__((noinline)) __u64 rs_walk_skb(struct __sk_buff *skb, __u32 offset, __u32 end, __u32 next)
{
	struct rs_packet p;

	rs_packet_skb(&p, skb);
	return rs_walk(&p, offset, end, next);
}

/* *next is the protocol at *offset and, afterwards, what comes behind the
 * extension headers, which begins at *offset then.
 */
static __always_inline enum rs_parsed rs_skip_ext_headers(struct rs_packet *p, __u32 end,
							  __u32 *offset, __u8 *next)
{
	__u64 w = p->is_skb ? rs_walk_skb(p->context, *offset, end, *next)
			    : rs_walk_xdp(p->context, *offset, end, *next);

	*offset = (__u32)w;
	*next = w >> 32;
	return w >> 40 & 0xff;
}

/* Reads the IP header into the record and stops at the ICMP header. The order
 * of the checks is for speed: most packets are not ICMP and leave early.
 */
static __always_inline enum rs_parsed rs_parse_ipv4(struct rs_packet *p, struct iphdr *ip)
{
	if (rs_load(p, p->offset, ip, sizeof(*ip)))
		return RS_NOT_ICMP; /* too short to say */
	if (ip->protocol != IPPROTO_ICMP)
		return RS_NOT_ICMP;
	p->ip_version = 4;
	p->protocol = IPPROTO_ICMP;
	p->ttl = ip->ttl;
	p->length = bpf_ntohs(ip->tot_len);
	if (ip->version != 4 || ip->ihl < 5 || p->length < ip->ihl * 4)
		return RS_MALFORMED;
	if (ip->frag_off & bpf_htons(0x1fff))
		return RS_LATER_FRAGMENT;
	p->ip_end = p->offset + p->length;
	p->offset += ip->ihl * 4;
	return RS_PARSED;
}

static __always_inline enum rs_parsed rs_parse_ipv6(struct rs_packet *p, struct ipv6hdr *ip)
{
	enum rs_parsed parsed;

	if (rs_load(p, p->offset, ip, sizeof(*ip)))
		return RS_NOT_ICMP;
	if (ip->nexthdr == IPPROTO_TCP || ip->nexthdr == IPPROTO_UDP || ip->version != 6)
		return RS_NOT_ICMP;
	p->ip_version = 6;
	p->ttl = ip->hop_limit;
	p->length = sizeof(*ip) + bpf_ntohs(ip->payload_len);
	/* A jumbogram (RFC 2675) has length 0 here and a hop-by-hop header; the
	 * frame's end then decides. Behind any other 0 there is only padding.
	 */
	p->ip_end = ip->payload_len || ip->nexthdr != IPPROTO_HOPOPTS ? p->offset + p->length : RS_OFFSET_MAX;
	p->offset += sizeof(*ip);
	p->protocol = ip->nexthdr;
	if (p->protocol == IPPROTO_ICMPV6)
		return RS_PARSED;
	parsed = rs_skip_ext_headers(p, p->ip_end, &p->offset, &p->protocol);
	if (parsed == RS_LATER_FRAGMENT && p->protocol != IPPROTO_ICMPV6)
		return RS_NOT_ICMP;
	if (parsed != RS_PARSED)
		return parsed;
	return p->protocol == IPPROTO_ICMPV6 ? RS_PARSED : RS_NOT_ICMP;
}

static __always_inline bool rs_has_ports(__u8 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
	       protocol == IPPROTO_DCCP || protocol == IPPROTO_UDPLITE;
}

static __always_inline bool rs_is_error(const struct rs_packet *p, __u8 type)
{
	if (p->ip_version == 6)
		return type >= 1 && type <= 4; /* RFC 4443 */
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12; /* RFC 792 */
}

/* The packet that caused an ICMP error: as much of it as is there. */
static __always_inline void rs_parse_inner(struct rs_packet *p, struct rs_icmp *r, __u32 offset)
{
	bool later_fragment = false;
	__u32 ports;

	if (p->ip_version == 4) {
		struct iphdr ip;
		if (offset + sizeof(ip) > p->ip_end || rs_load(p, offset, &ip, sizeof(ip)))
			return;
		if (ip.version != 4 || ip.ihl < 5)
			return;
		*(__be32 *)r->inner_src = ip.saddr;
		*(__be32 *)r->inner_dst = ip.daddr;
		r->inner_protocol = ip.protocol;
		later_fragment = ip.frag_off & bpf_htons(0x1fff);
		offset += ip.ihl * 4;
	} else {
		struct ipv6hdr ip;
		__u8 next;
		if (offset + sizeof(ip) > p->ip_end || rs_load(p, offset, &ip, sizeof(ip)))
			return;
		if (ip.version != 6)
			return;
		__builtin_memcpy(r->inner_src, &ip.saddr, 16);
		__builtin_memcpy(r->inner_dst, &ip.daddr, 16);
		next = ip.nexthdr;
		offset += sizeof(ip);
		/* unless all are there, what follows them cannot be reached */
		later_fragment = rs_skip_ext_headers(p, p->ip_end, &offset, &next) != RS_PARSED;
		r->inner_protocol = next;
	}
	r->flags |= RS_INNER;
	if (later_fragment || !rs_has_ports(r->inner_protocol))
		return;
	if (offset + sizeof(ports) > p->ip_end || rs_load(p, offset, &ports, sizeof(ports)))
		return;
	r->inner_sport = bpf_ntohs(((__be16 *)&ports)[0]);
	r->inner_dport = bpf_ntohs(((__be16 *)&ports)[1]);
	r->flags |= RS_INNER_PORTS;
}

#endif
