/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fields.h - the keys of a line that a flow is made of.
 *
 * Nearly all lines are one flat object of plain texts and whole numbers, without a space: these are read in place. What is
 * not so, or not JSON at all, is left to jansson, which takes ten times as long.
 */
#ifndef NTOPNG_FIELDS_H
#define NTOPNG_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field {
	F_EVENT, F_LOCAL_IP, F_LOCAL_PORT, F_REMOTE_IP, F_REMOTE_PORT, F_SRC_IP, F_DST_IP, F_PROTOCOL, F_IP_VERSION,
	F_TIMESTAMP, F_TS_US, F_IF_NAME, F_DIRECTION, F_LATENCY_US, F_DURATION_US, F_TX_BYTES, F_RX_BYTES,
	F_TX_PACKETS, F_RX_PACKETS, F_TX_ACKED, F_RETRANSMITS, F_UNACKED, F_LOST, F_RTT_US, F_RTT_VAR_US, F_PACKETS,
	F_BYTES, F_STATE, F_ICMP_TYPE, F_ICMP_CODE, F_LENGTH, F_NETNS, F_PID, F_TID, F_UID, F_GID, F_USER, F_COMM,
	F_EXE, F_PPID, F_PARENT_COMM, F_PARENT_EXE, F_CONTAINER_ID, F_CONTAINER_NAME, F_POD, F_NAMESPACE, F_POD_UID,
	F_COUNT, FIELDS
};

enum value_type { VALUE_ABSENT, VALUE_TEXT, VALUE_NUMBER, VALUE_OTHER };

struct value {
	enum value_type type;
	char *text; /* ends with a NUL */
	size_t length;
	int64_t number;
};

struct fields {
	struct value values[FIELDS];
	json_t *keep; /* of those that jansson read */
};

/* LINE is written to. Returns whether it is a JSON object. fields_done() afterwards in either case. */
bool fields_read(struct fields *fields, char *line, size_t length);
void fields_done(struct fields *fields);

#endif
