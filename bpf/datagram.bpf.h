/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* datagram.bpf.h - reading the packets of sockets, where the kernel has them. */
#ifndef RINGSIDE_DATAGRAM_BPF_H
#define RINGSIDE_DATAGRAM_BPF_H

#include "socket.bpf.h"

static __always_inline struct dst_entry *rs_dst(const bool typed, struct sk_buff *skb)
{
	/* bit 0 says whether it is counted (SKB_DST_NOREF, include/linux/skbuff.h) */
	return (void *)(RS_GET(typed, skb, _skb_refdst) & ~1UL);
}

/* What a packet of a socket says, from its IP header on. */
struct rs_datagram {
	__u8 source[16];
	__u8 destination[16];
	__u16 source_port;
	__u16 destination_port;
	__u8 ip_version;
	__u8 protocol;
	__u8 pad[2];
	__u32 bytes;   /* of UDP payload */
	__u32 packets; /* datagrams on the wire: more than one with segmentation offload */
};

/* Returns false for what has no UDP header: a later fragment, another protocol. */
static __always_inline bool rs_read_packet(const bool typed, struct sk_buff *skb, struct rs_datagram *d)
{
	unsigned char *head = RS_GET(typed, skb, head);
	unsigned char *network = head + RS_GET(typed, skb, network_header), *transport;
	struct skb_shared_info *shared = (void *)(head + RS_GET(typed, skb, end));
	union {
		struct iphdr v4;
		struct ipv6hdr v6;
	} ip;
	struct frag_hdr fragment;
	__u16 header[4], gso;

	if (!d)
		return false;
	__builtin_memset(d, 0, sizeof(*d));
	if (bpf_probe_read_kernel(&ip, sizeof(ip), network))
		return false;
	if (ip.v4.version == 4) {
		if (ip.v4.frag_off & bpf_htons(0x1fff))
			return false;
		d->ip_version = 4;
		d->protocol = ip.v4.protocol;
		*(__u32 *)d->source = ip.v4.saddr;
		*(__u32 *)d->destination = ip.v4.daddr;
		transport = network + ip.v4.ihl * 4;
	} else if (ip.v4.version == 6) {
		d->ip_version = 6;
		d->protocol = ip.v6.nexthdr;
		__builtin_memcpy(d->source, &ip.v6.saddr, 16);
		__builtin_memcpy(d->destination, &ip.v6.daddr, 16);
		transport = network + sizeof(ip.v6);
		if (d->protocol == IPPROTO_FRAGMENT) {
			if (bpf_probe_read_kernel(&fragment, sizeof(fragment), transport) ||
			    (fragment.frag_off & bpf_htons(0xfff8)))
				return false;
			d->protocol = fragment.nexthdr;
			transport += sizeof(fragment);
		} else if (d->protocol != IPPROTO_UDP) {
			/* extension headers that a socket asked for */
			transport = head + RS_GET(typed, skb, transport_header);
			d->protocol = BPF_CORE_READ(skb, sk, sk_protocol);
		}
	} else {
		return false;
	}
	if (bpf_probe_read_kernel(header, sizeof(header), transport))
		return false;
	if (d->protocol != IPPROTO_UDP && d->protocol != IPPROTO_UDPLITE)
		return false;
	d->source_port = bpf_ntohs(header[0]);
	d->destination_port = bpf_ntohs(header[1]);
	d->bytes = bpf_ntohs(header[2]) - sizeof(header);
	gso = BPF_CORE_READ(shared, gso_size);
	d->packets = gso ? (d->bytes + gso - 1) / gso : 1;
	return true;
}

static __noinline bool rs_read_datagram(struct sk_buff *skb, struct rs_datagram *d)
{
	return rs_read_packet(false, skb, d);
}

static __noinline bool rs_read_datagram_typed(struct sk_buff *skb, struct rs_datagram *d)
{
	return rs_read_packet(true, skb, d);
}

#endif
