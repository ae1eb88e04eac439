/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* export.h - a flow as ntopng reads it, in either of two formats. */
#ifndef NTOPNG_EXPORT_H
#define NTOPNG_EXPORT_H

#include "bytes.h"
#include "flow.h"

struct export_as {
	const char *if_name_key; /* NULL: no interface name */
	const char *exporter;	 /* this host's IPv4 address, or NULL */
};

void flow_json(struct bytes *b, const struct flow *flow, const struct export_as *as);
void flow_tlv(struct bytes *b, const struct flow *flow, const struct export_as *as);

#endif
