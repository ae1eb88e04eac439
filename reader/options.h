/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* options.h - the command line of ringside-reader, and which records it asks for. */
#ifndef RINGSIDE_OPTIONS_H
#define RINGSIDE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ringside.h"

struct net {
	uint8_t address[16];
	int ip_version;
	int prefix; /* bits */
};

/* One of them must match; none: all do. Owned, but for the words, which point into argv. */
struct numbers {
	uint32_t *values;
	size_t count;
};

struct words {
	const char **values;
	size_t count;
};

struct options {
	bool text;
	bool from_start;
	bool once;
	bool snapshot;
	bool verbose;
	bool container_names;
	uint64_t count;	   /* 0: no end */
	double stats;	   /* seconds; 0: none */
	const char *pin_root;
	char **sources; /* points into argv, NULL-terminated; NULL: all */

	bool filters; /* any of what follows was asked for */
	bool tcp, udp; /* none: these and ICMP */
	bool incoming, outgoing, retransmissions, close; /* none: all, and what is neither */
	bool no_loopback;
	bool by_type;
	uint64_t types4[4], types6[4]; /* one bit for each ICMP type */
	struct net *nets;	       /* owned */
	size_t net_count;
	struct numbers pids, uids, ports;
	struct words comms, containers;
};

/* Returns 0 to go on; otherwise ends with *code, and all is said. */
int options_parse(int argc, char **argv, struct options *o, int *code);
void options_free(struct options *o);

/* Whether a record is one of those asked for. */
bool options_match(const struct options *o, const struct ringside_event *event);

static inline bool options_want(const struct options *o, const struct ringside_event *event)
{
	return !o->filters || options_match(o, event);
}

#endif
