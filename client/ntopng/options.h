/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* options.h - the command line. */
#ifndef NTOPNG_OPTIONS_H
#define NTOPNG_OPTIONS_H

#include <stdbool.h>

#include "sender.h"

struct options {
	struct sender_options sender;
	const char *if_name_key; /* NULL: none */
	const char *pin_root;
	double netstat, counters; /* seconds; 0: not */
	bool no_loopback, no_listening;
};

/* Returns 0 to go on; otherwise it has said what there is to say, and *CODE is the exit status. */
int options_parse(int argc, char **argv, struct options *options, int *code);

#endif
