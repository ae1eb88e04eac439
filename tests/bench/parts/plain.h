/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* plain.h - the record of plain.bpf.c, read by plain.c. */
#ifndef PLAIN_H
#define PLAIN_H

struct plain_record {
	__u64 ns;
	__u8 src[4], dst[4];
	__u8 type, code, ttl, unused;
	__u16 length, id, sequence, unused2;
};

#endif
