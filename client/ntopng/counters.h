/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* counters.h - a message for an interface, as ntopng takes them from sFlow. */
#ifndef NTOPNG_COUNTERS_H
#define NTOPNG_COUNTERS_H

#include "bytes.h"
#include "flow.h"
#include "links.h"

/* EXPORTER: this host's address; CONTAINER: NULL if none is known. */
void counters_json(struct bytes *b, const struct link *link, const char *exporter, uint64_t sample,
		   const struct container *container);

#endif
