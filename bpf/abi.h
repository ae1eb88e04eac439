/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * abi.h - the contract between the BPF programs, the loader and the readers.
 *
 * A source (an interface, or the host's sockets) is a directory below the pin root (pins.h) with
 *   ring      BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE, frozen: per-CPU rings of slots
 *   bell      BPF_MAP_TYPE_USER_RINGBUF, always empty: wakes those who poll it
 *   counters  BPF_MAP_TYPE_ARRAY, frozen, one struct rs_counters for each CPU
 *   about     BPF_MAP_TYPE_ARRAY, frozen, one struct rs_about
 * and "flows" also
 *   processes BPF_MAP_TYPE_LRU_HASH, frozen: rs_process_key() to struct rs_process,
 *             those that used the network last
 *   tcp, udp  text: a line for each socket that there is (netstat.bpf.h)
 *
 * The ring's elements are all about.slot_size bytes (RS_SLOT_SIZE, RS_FLOW_SLOT_SIZE). Elements 0 .. cpus-1 are the
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
#define RS_SLOT_SIZE 128	/* of interfaces: struct rs_icmp */
#define RS_FLOW_SLOT_SIZE 1024	/* of flows: struct rs_flow */

/* A CPU's position: the number its next record will get. Only ever grows. What is
 * left of its element is unused.
 */
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
	__u64 ts_ns; /* CLOCK_BOOTTIME when the program saw the packet or the socket */
	__u16 type;  /* enum rs_type */
	__u8 direction; /* enum rs_direction */
	__u8 ip_version; /* 4 or 6 */
	__u8 pad[4];
};

enum rs_type {
	RS_ICMP = 1, /* struct rs_icmp; all others are struct rs_flow */
	RS_CONNECT,
	RS_CONNECT_FAILED,
	RS_ACCEPT,
	RS_CLOSE,
	RS_RETRANSMIT,
	RS_UDP_SEND,
	RS_UDP_RECV,
	RS_FLOW, /* totals of a TCP connection that goes on */
};
enum rs_direction { RS_IN = 1, RS_OUT = 2 }; /* of a connection: who began it */

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
	__u8 origin;   /* enum rs_origin */
	__u8 pad;
	__u32 pid;     /* RS_ORIGIN_PROCESS: of the echo's sender, and with this */
	__u32 started; /* rs_process_key(pid, started) is its key in processes */
};

enum rs_origin { RS_ORIGIN_NONE, RS_ORIGIN_PROCESS, RS_ORIGIN_KERNEL };

/*
 * A process, as it was when it last had to do with a socket. Names of files and
 * cgroups are the parts of a path, the last one first, each ending in NUL, an
 * empty one after the first part of the path: "curl\0bin\0usr\0\0". What does not
 * fit is missing at the end, which is the beginning of the path; then *_cut is 1.
 */
#define RS_PATH_SIZE 256
struct rs_process {
	__u64 start_ns;	 /* CLOCK_BOOTTIME: with pid, which process this is */
	__u64 cgroup_id; /* of the default hierarchy, or of memory's (v1) where it is in one of that */
	__u32 pid;	 /* process (thread group), as ppid in the initial pid namespace */
	__u32 ppid;
	__u32 uid; /* real ids, in the initial user namespace */
	__u32 gid;
	__u64 min_faults; /* page faults of the thread */
	__u64 maj_faults;
	char comm[16];
	char parent_comm[16];
	char exe[RS_PATH_SIZE];
	char parent_exe[RS_PATH_SIZE];
	char cgroup[RS_PATH_SIZE];
	__u8 exe_cut;
	__u8 parent_exe_cut;
	__u8 cgroup_cut;
	__u8 pad[5];
	__u32 parent_uid;
	__u32 parent_gid;
};

/* Where the process in a record is from. */
enum rs_attribution {
	RS_BY_UNKNOWN, /* no process in the record */
	RS_BY_CONTEXT, /* it was running when the record was made, on its own behalf */
	RS_BY_SOCKET,  /* it was the last one seen to use the socket */
};

enum rs_flow_flags {
	RS_FLOW_END = 1 << 0, /* of UDP: the last totals */
};

/* TCP: a connection; UDP: a socket and its peer, in one direction. */
struct rs_flow {
	struct rs_hdr hdr; /* ip_version 4 also for v4-mapped addresses */
	__u8 local[16];
	__u8 remote[16];
	__u16 local_port; /* host byte order */
	__u16 remote_port;
	__u8 protocol; /* IPPROTO_TCP, IPPROTO_UDP */
	__u8 attribution; /* enum rs_attribution */
	__u8 flags;    /* enum rs_flow_flags */
	__u8 pad;
	char if_name[16]; /* of the route or, received, of the packet; "" where there is none */
	__u32 netns;	  /* inode of the socket's network namespace (nsfs) */
	__u32 error;	  /* RS_CONNECT_FAILED: errno; 0: its process gave up */
	__u64 time_ns;	  /* RS_CONNECT: from SYN to established; RS_CLOSE, RS_FLOW: since then */
	__u64 tx_bytes;	  /* payload, each byte once; UDP: totals since the first datagram */
	__u64 rx_bytes;
	__u64 tx_packets; /* TCP: segments, those without payload as well */
	__u64 rx_packets;
	__u32 retransmits; /* segments; RS_RETRANSMIT: this one included */
	__u32 rtt_us;	   /* smoothed */
	__u32 tid;	   /* the thread, of process.pid */
	__u32 pad2[3];
	struct rs_process process; /* all 0 with RS_BY_UNKNOWN */
};

/* Why what was seen left no record. Always: seen = written + filtered + failed. */
enum rs_filtered { RS_F_OTHER, RS_F_FRAGMENT, RS_F_RULE, RS_F_SUMMED, RS_FILTERED_N };
enum rs_failed { RS_E_TRUNCATED, RS_E_MALFORMED, RS_E_HEADERS, RS_E_RING, RS_FAILED_N };
/* What records came without, or alone instead of summed up. */
enum rs_noted { RS_N_SOCKETS_FULL, RS_N_UDP_FULL, RS_N_PROCESSES_FULL, RS_N_UNKNOWN, RS_NOTED_N };

struct rs_counters {
	__u64 seen;
	__u64 filtered[RS_FILTERED_N]; /* not ICMP; a later fragment; a rule of the program; UDP in a sum */
	__u64 failed[RS_FAILED_N]; /* cut short; header invalid; too many IPv6 headers; no ring */
	__u64 noted[RS_NOTED_N]; /* no room for a socket, a sum, a process; process not known */
	__u64 pad[3];
};

enum rs_hooks {
	RS_HOOK_XDP_NATIVE = 1,
	RS_HOOK_XDP_GENERIC = 2,
	RS_HOOK_TCX = 4,
	RS_HOOK_CLSACT = 8,
	RS_HOOK_CLSACT_MADE = 16, /* and the qdisc is the loader's own */
	RS_HOOK_KPROBES = 32,
	RS_HOOK_TRACEPOINTS = 64,
};

/* What a reader must know before it may trust the ring. Strings end in NUL. */
struct rs_about {
	__u64 magic;	 /* RS_ABOUT_MAGIC */
	__u32 abi;	 /* RS_ABI_VERSION; the fields below are those of this version */
	__u32 slot_size; /* bytes */
	__u32 cpus;	 /* rings, one for each possible CPU */
	__u32 slots;	 /* in each ring, a power of two */
	__u32 ifindex;	 /* in the network namespace below; 0: flows */
	__u32 hooks;	 /* enum rs_hooks: what is attached */
	__u64 netns_ino; /* inode of the network namespace (nsfs) */
	__u64 loaded_ns; /* CLOCK_BOOTTIME */
	__s64 clock_offset_ns; /* CLOCK_REALTIME minus CLOCK_BOOTTIME when loaded */
	__u8 boot_id[16]; /* /proc/sys/kernel/random/boot_id */
	char if_name[16]; /* IFNAMSIZ, when loaded */
	char version[16]; /* of the loader */
	char program[48]; /* "built-in", "compiled" or the file it was compiled from */
	char missing[336]; /* what could not be attached and why, or "" */
	__u32 generation; /* of flows: which programs are these; see tell.bpf.h */
	__u32 pad;
	__u64 build; /* of flows: a sum of the object; the same is left as it is */
	__u64 flow_interval_ns; /* of flows: between RS_FLOW records; 0: none */
};

typedef __u64 __attribute__((may_alias)) rs_word; /* records are written field by field */

/* Fletcher's second sum over the words behind check, so that words that swap
 * places show, with the number, so that a slot of an earlier lap shows too.
 */
static inline __attribute__((always_inline)) __u64 rs_check(const void *slot, __u64 n, __u32 size)
{
	const rs_word *w = (const rs_word *)slot;
	__u64 a = n, b = 0;

#pragma GCC unroll 16
	for (__u32 i = 2; i < size / 8; i++) {
		a += w[i];
		b += a;
	}
	return b;
}

/* A process in the map processes; STARTED is made of its start and of how often it called
 * exec, so that no other that has or had its pid has the same.
 */
static inline __attribute__((always_inline)) __u64 rs_process_key(__u32 pid, __u32 started)
{
	return (__u64)pid << 32 | started;
}

#ifdef __cplusplus
#define _Static_assert static_assert
#endif
#define RS_SIZE_IS(type, bytes) _Static_assert(sizeof(struct type) == (bytes), #type " is part of the ABI")
RS_SIZE_IS(rs_head, RS_SLOT_SIZE);
RS_SIZE_IS(rs_icmp, RS_SLOT_SIZE);
RS_SIZE_IS(rs_process, 864);
RS_SIZE_IS(rs_flow, RS_FLOW_SLOT_SIZE);
RS_SIZE_IS(rs_counters, 128);
RS_SIZE_IS(rs_about, 512);

#endif
