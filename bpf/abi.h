/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * abi.h - the contract between the BPF programs, the loader and the readers.
 *
 * A source (an interface) is a directory below the pin root (pins.h) with
 *   ring      BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE, frozen: per-CPU rings of slots
 *   bell      BPF_MAP_TYPE_USER_RINGBUF, always empty: wakes those who poll it
 *   counters  BPF_MAP_TYPE_ARRAY, frozen, one struct rs_counters for each CPU
 *   about     BPF_MAP_TYPE_ARRAY, frozen, one struct rs_about
 *
 * The ring's elements are all RS_SLOT_SIZE bytes. Elements 0 .. cpus-1 are the
 * heads (struct rs_head); CPU k's slots are elements cpus + k * slots and on.
 * Record n of a CPU lies in its slot n % slots. A reader that expects n and finds
 *   slot.seq == n + 1   copies, looks again, and keeps the copy if seq is the
 *                       same and check == rs_check(copy, n): it is whole;
 *   slot.seq >  n + 1   was lapped: n and maybe more are lost to it;
 *   else                must wait: head.next says whether n was begun.
 * All integers are in host byte order unless a field says otherwise.
 */
#ifndef RINGSIDE_ABI_H
#define RINGSIDE_ABI_H

#ifndef __bpf__ /* there vmlinux.h defines them */
#include <linux/types.h>
#endif

#define RS_ABI_VERSION 1
#define RS_ABOUT_MAGIC 0x65646973676e6972ULL /* "ringside" in little-endian memory */
#define RS_SLOT_SIZE 128

/* A CPU's position: the number its next record will get. Only ever grows. */
struct rs_head {
	__u64 next;
	__u64 bell_ns; /* CLOCK_BOOTTIME of the last wake-up this CPU asked for */
	__u64 pad[14];
};

/* A CPU rings the bell at most once in this time; see ring.bpf.h. */
#define RS_BELL_INTERVAL_NS 250000

/* What stands first in every record. Type numbers are never reused. */
struct rs_hdr {
	__u64 seq;   /* n + 1 once record n is whole */
	__u64 check; /* rs_check() */
	__u64 ts_ns; /* CLOCK_BOOTTIME when the program saw the packet */
	__u16 type;  /* enum rs_type */
	__u8 direction; /* enum rs_direction */
	__u8 ip_version; /* 4 or 6 */
	__u8 pad[4];
};

enum rs_type { RS_ICMP = 1 };
enum rs_direction { RS_IN = 1, RS_OUT = 2 };

enum rs_icmp_flags {
	RS_INNER = 1 << 0,	 /* the inner_* addresses and protocol are there */
	RS_INNER_PORTS = 1 << 1, /* and the inner ports as well */
};

/* An ICMP or ICMPv6 message on the wire. IPv4 addresses take the first 4 bytes. */
struct rs_icmp {
	struct rs_hdr hdr;
	__u8 icmp_type;
	__u8 icmp_code;
	__u8 ttl;    /* TTL or hop limit */
	__u8 flags;  /* enum rs_icmp_flags */
	__u8 src[16]; /* network byte order, as all addresses here */
	__u8 dst[16];
	__u8 inner_src[16]; /* the packet an error message is about */
	__u8 inner_dst[16];
	__u16 inner_sport;
	__u16 inner_dport;
	__u32 length; /* of the IP packet in bytes, headers included */
	__u32 rest;   /* bytes 4..7 of the ICMP header, network byte order: id and
			 sequence number, MTU, gateway, as the type says */
	__u16 vlan[2]; /* VLAN ids (12 bits), outermost first */
	__u8 vlans;    /* how many of them there are */
	__u8 inner_protocol; /* IPPROTO_*, after extension headers */
	__u8 pad[10];
};

/* Why a packet left no record. Always: seen = written + filtered + failed. */
enum rs_filtered { RS_F_OTHER, RS_F_FRAGMENT, RS_F_RULE, RS_FILTERED_N };
enum rs_failed { RS_E_TRUNCATED, RS_E_MALFORMED, RS_E_HEADERS, RS_E_RING, RS_FAILED_N };

struct rs_counters {
	__u64 seen;
	__u64 filtered[RS_FILTERED_N]; /* not ICMP; a later fragment; a rule of the program */
	__u64 failed[RS_FAILED_N]; /* cut short; header invalid; too many IPv6 headers; no ring */
	__u64 pad[8];
};

enum rs_hooks {
	RS_HOOK_XDP_NATIVE = 1,
	RS_HOOK_XDP_GENERIC = 2,
	RS_HOOK_TCX = 4,
	RS_HOOK_CLSACT = 8,
	RS_HOOK_CLSACT_MADE = 16, /* and the qdisc is the loader's own */
};

/* What a reader must know before it may trust the ring. Strings end in NUL. */
struct rs_about {
	__u64 magic;	 /* RS_ABOUT_MAGIC */
	__u32 abi;	 /* RS_ABI_VERSION; the fields below are those of this version */
	__u32 slot_size; /* bytes */
	__u32 cpus;	 /* rings, one for each possible CPU */
	__u32 slots;	 /* in each ring, a power of two */
	__u32 ifindex;	 /* in the network namespace below */
	__u32 hooks;	 /* enum rs_hooks: what is attached */
	__u64 netns_ino; /* inode of the network namespace (nsfs) */
	__u64 loaded_ns; /* CLOCK_BOOTTIME */
	__s64 clock_offset_ns; /* CLOCK_REALTIME minus CLOCK_BOOTTIME when loaded */
	__u8 boot_id[16]; /* /proc/sys/kernel/random/boot_id */
	char if_name[16]; /* IFNAMSIZ, when loaded */
	char version[16]; /* of the loader */
	char program[48]; /* "built-in", "compiled" or the file it was compiled from */
	char missing[104]; /* what could not be attached and why, or "" */
};

typedef __u64 __attribute__((may_alias)) rs_word; /* records are written field by field */

/* Fletcher's second sum over the words behind check, so that words that swap
 * places show, with the number, so that a slot of an earlier lap shows too.
 */
static inline __attribute__((always_inline)) __u64 rs_check(const void *slot, __u64 n)
{
	const rs_word *w = (const rs_word *)slot;
	__u64 a = n, b = 0;

#pragma GCC unroll 16
	for (int i = 2; i < RS_SLOT_SIZE / 8; i++) {
		a += w[i];
		b += a;
	}
	return b;
}

#ifdef __cplusplus
#define _Static_assert static_assert
#endif
#define RS_SIZE_IS(type, bytes) _Static_assert(sizeof(struct type) == (bytes), #type " is part of the ABI")
RS_SIZE_IS(rs_head, RS_SLOT_SIZE);
RS_SIZE_IS(rs_icmp, RS_SLOT_SIZE);
RS_SIZE_IS(rs_counters, 128);
RS_SIZE_IS(rs_about, 256);

#endif
