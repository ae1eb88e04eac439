/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* record.h - a line of ringside-reader, or of its socket files, as a flow. */
#ifndef NTOPNG_RECORD_H
#define NTOPNG_RECORD_H

#include <jansson.h>

#include "flow.h"

enum record_kind {
	RECORD_BAD,   /* not JSON, or a record whose keys make no sense */
	RECORD_OTHER, /* nothing that ntopng has a place for */
	RECORD_FLOW,
	RECORD_LOST, /* the reader lost *LOST records */
};

/*
 * Returns what LINE is; of RECORD_FLOW the rest of FLOW is set. *KEEP holds FLOW's texts: json_decref() it
 * afterwards, whatever was returned (it may be NULL, which that allows).
 */
enum record_kind record_read(const char *line, size_t length, struct flow *flow, int64_t *lost, json_t **keep);

/* Whether either side is this host's loopback. */
bool flow_is_loopback(const struct flow *flow);

#endif
