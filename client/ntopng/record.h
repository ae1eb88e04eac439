/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* record.h - a line of ringside-reader, or of its socket files, as a flow. */
#ifndef NTOPNG_RECORD_H
#define NTOPNG_RECORD_H

#include "fields.h"
#include "flow.h"

enum record_kind {
	RECORD_BAD,   /* not JSON, or a record whose keys make no sense */
	RECORD_OTHER, /* nothing that ntopng has a place for */
	RECORD_FLOW,
	RECORD_LOST, /* the reader lost *LOST records */
};

/*
 * Returns what LINE is, which is written to; of RECORD_FLOW the rest of FLOW is set. FIELDS holds FLOW's texts:
 * fields_done() it afterwards, whatever was returned.
 */
enum record_kind record_read(char *line, size_t length, struct flow *flow, int64_t *lost, struct fields *fields);

/* Whether either side is this host's loopback. */
bool flow_is_loopback(const struct flow *flow);

#endif
