/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* record.bpf.h - one packet, parsed, counted and, if it is wanted ICMP, recorded. */
#ifndef RINGSIDE_RECORD_BPF_H
#define RINGSIDE_RECORD_BPF_H

#include "echo.bpf.h"
#include "parse.bpf.h"

/* The ICMP header: type, code, checksum, and four bytes whose meaning the type says. */
struct rs_icmp_header {
	__u8 type;
	__u8 code;
	__u16 checksum;
	__u32 rest;
};

typedef bool (*rs_want)(const struct rs_packet *packet, const struct rs_icmp_header *icmp);

static __always_inline bool rs_want_all(const struct rs_packet *packet,
					const struct rs_icmp_header *icmp)
{
	return true;
}

static __always_inline void rs_count_unparsed(struct rs_counters *c, enum rs_parsed why)
{
	switch (why) {
	case RS_LATER_FRAGMENT:
		rs_count(&c->filtered[RS_F_FRAGMENT]);
		break;
	case RS_TRUNCATED:
		rs_count(&c->failed[RS_E_TRUNCATED]);
		break;
	case RS_MALFORMED:
		rs_count(&c->failed[RS_E_MALFORMED]);
		break;
	case RS_TOO_MANY_HEADERS:
		rs_count(&c->failed[RS_E_HEADERS]);
		break;
	default:
		rs_count(&c->filtered[RS_F_OTHER]);
	}
}

/* Counts and leaves alone what the first bytes show not to be ICMP: most packets.
 * Whatever needs a closer look is for rs_record_rest(), which would say the same.
 */
static __always_inline bool rs_pass_other(const struct rs_packet *p)
{
	const __u8 *frame = p->data;
	struct rs_cpu cpu;
	__be16 proto;

	if (config.l2_len != sizeof(struct ethhdr) ||
	    p->data + sizeof(struct ethhdr) + sizeof(struct iphdr) > p->data_end)
		return false;
	proto = *(__be16 *)(frame + 12);
	if (proto == bpf_htons(ETH_P_IP)) {
		if (frame[14 + 9] == IPPROTO_ICMP)
			return false;
	} else if (proto == bpf_htons(ETH_P_IPV6)) {
		if (frame[14 + 6] != IPPROTO_TCP && frame[14 + 6] != IPPROTO_UDP)
			return false;
	} else {
		return false;
	}
	if (rs_begin(&cpu) == 0)
		rs_count(&cpu.counters->filtered[RS_F_OTHER]);
	return true;
}

/* The fields that IPv4 and IPv6 share. Both records are words in registers: see rs_write(). */
static __always_inline void rs_fill(struct rs_icmp *r, const struct rs_packet *p,
				    const struct rs_icmp_header *icmp, enum rs_direction direction)
{
	r->hdr.type = RS_ICMP;
	r->hdr.direction = direction;
	r->hdr.ip_version = p->ip_version;
	r->icmp_type = icmp->type;
	r->icmp_code = icmp->code;
	r->ttl = p->ttl;
	r->length = p->length;
	r->rest = icmp->rest;
	r->vlan[0] = p->vlan[0];
	r->vlan[1] = p->vlan[1];
	r->vlans = p->vlans;
}

/* Whose it is, where the programs that see sockets are loaded. */
static __always_inline void rs_attribute(struct rs_icmp *r, const struct rs_packet *p,
					 const struct rs_icmp_header *icmp, const void *src, const void *dst,
					 enum rs_direction direction, __u8 ip_version)
{
	bool request = direction == RS_OUT && rs_is_echo_request(ip_version, icmp->type);
	bool reply = direction == RS_IN && rs_is_echo_reply(ip_version, icmp->type);
	__u64 sk = config.netns && p->is_skb ? rs_packet_socket(p->context) : 0, owner = 0;
	struct rs_echo_key key = {};

	if (!config.netns)
		return;
	if (request || reply) {
		key.netns = config.netns;
		key.id = (__u16)icmp->rest;
		key.ip_version = ip_version;
		__builtin_memcpy(key.local, request ? src : dst, ip_version == 6 ? 16 : 4);
		__builtin_memcpy(key.remote, request ? dst : src, ip_version == 6 ? 16 : 4);
	}
	if (reply) {
		__u64 *noted = bpf_map_lookup_elem(&echoes, &key);
		owner = noted ? *noted : 0;
	} else if (request && sk) {
		owner = rs_request_sender(sk, &key);
	}
	if (owner) {
		r->origin = RS_ORIGIN_PROCESS;
		r->pid = owner >> 32;
		r->started = (__u32)owner;
	} else if (direction == RS_OUT && !request && rs_is_kernels(sk)) {
		r->origin = RS_ORIGIN_KERNEL;
	}
}

/* Nearly all ICMP is this: untagged, no options or extension headers, whole, no
 * error, in the linear part. Returns false for the rest, which is then parsed.
 * SIX is a constant, so each call is a straight line.
 */
static __always_inline bool rs_record_plain(const struct rs_packet *packet, struct rs_cpu *cpu,
					    enum rs_direction direction, rs_want want, const bool six)
{
	const __u32 header = six ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	const struct iphdr *v4 = packet->data + sizeof(struct ethhdr);
	const struct ipv6hdr *v6 = (const void *)v4;
	const struct rs_icmp_header *in = (const void *)v4 + header;
	struct rs_packet p = *packet;
	struct rs_icmp r = {};

	if ((void *)(in + 1) > p.data_end ||
	    *(__be16 *)(p.data + 12) != (six ? bpf_htons(ETH_P_IPV6) : bpf_htons(ETH_P_IP)))
		return false;
	struct rs_icmp_header icmp = { .type = in->type, .code = in->code, .rest = in->rest };
	if (six) {
		if (*(__u8 *)v6 >> 4 != 6 || v6->nexthdr != IPPROTO_ICMPV6)
			return false;
		p.ttl = v6->hop_limit;
		p.length = header + bpf_ntohs(v6->payload_len);
		__builtin_memcpy(r.src, &v6->saddr, 16);
		__builtin_memcpy(r.dst, &v6->daddr, 16);
	} else {
		if (*(__u8 *)v4 != 0x45 || v4->protocol != IPPROTO_ICMP || (v4->frag_off & bpf_htons(0x1fff)))
			return false;
		p.ttl = v4->ttl;
		p.length = bpf_ntohs(v4->tot_len);
		*(__be32 *)r.src = v4->saddr;
		*(__be32 *)r.dst = v4->daddr;
	}
	p.ip_version = six ? 6 : 4;
	p.protocol = six ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	p.ip_end = sizeof(struct ethhdr) + p.length;
	p.offset = sizeof(struct ethhdr) + header;
	if (p.length < header + sizeof(*in) || rs_is_error(&p, icmp.type))
		return false;
	if (!want(&p, &icmp)) {
		rs_count(&cpu->counters->filtered[RS_F_RULE]);
		return true;
	}
	rs_fill(&r, &p, &icmp, direction);
	if (six)
		rs_attribute(&r, &p, &icmp, &v6->saddr, &v6->daddr, direction, 6);
	else
		rs_attribute(&r, &p, &icmp, &v4->saddr, &v4->daddr, direction, 4);
	rs_write(cpu, &r);
	return true;
}

static __always_inline void rs_record_rest(struct rs_packet *p, enum rs_direction direction,
					   rs_want want)
{
	union {
		struct iphdr v4;
		struct ipv6hdr v6;
	} ip;
	struct rs_icmp_header icmp;
	enum rs_parsed parsed;
	struct rs_icmp r = {};
	struct rs_cpu cpu;

	if (rs_begin(&cpu))
		return;
	if (config.l2_len == sizeof(struct ethhdr) && !p->vlans &&
	    (rs_record_plain(p, &cpu, direction, want, false) || rs_record_plain(p, &cpu, direction, want, true)))
		return;

	__be16 proto = rs_parse_link(p);
	if (proto == bpf_htons(ETH_P_IP))
		parsed = rs_parse_ipv4(p, &ip.v4);
	else if (proto == bpf_htons(ETH_P_IPV6))
		parsed = rs_parse_ipv6(p, &ip.v6);
	else
		parsed = RS_NOT_ICMP;
	if (parsed == RS_PARSED &&
	    (p->offset + sizeof(icmp) > p->ip_end || rs_load(p, p->offset, &icmp, sizeof(icmp))))
		parsed = RS_TRUNCATED;
	if (parsed != RS_PARSED) {
		rs_count_unparsed(cpu.counters, parsed);
		return;
	}
	if (!want(p, &icmp)) {
		rs_count(&cpu.counters->filtered[RS_F_RULE]);
		return;
	}

	rs_fill(&r, p, &icmp, direction);
	if (p->ip_version == 4) {
		*(__be32 *)r.src = ip.v4.saddr;
		*(__be32 *)r.dst = ip.v4.daddr;
		rs_attribute(&r, p, &icmp, &ip.v4.saddr, &ip.v4.daddr, direction, 4);
	} else {
		__builtin_memcpy(r.src, &ip.v6.saddr, 16);
		__builtin_memcpy(r.dst, &ip.v6.daddr, 16);
		rs_attribute(&r, p, &icmp, &ip.v6.saddr, &ip.v6.daddr, direction, 6);
	}
	if (rs_is_error(p, icmp.type))
		rs_parse_inner(p, &r, p->offset + sizeof(icmp));
	rs_write(&cpu, &r);
}

static __always_inline void rs_record_icmp(struct rs_packet *p, enum rs_direction direction,
					   rs_want want)
{
	if (!rs_pass_other(p))
		rs_record_rest(p, direction, want);
}

#endif
