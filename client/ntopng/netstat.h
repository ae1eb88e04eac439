/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * netstat.h - the open sockets, from the files that list them.
 *
 * They are read in pieces, so that standard input has its turn in between however many sockets there are.
 */
#ifndef NTOPNG_NETSTAT_H
#define NTOPNG_NETSTAT_H

#include <stdbool.h>

#include "lines.h"

#define NETSTAT_FILES 2

struct netstat {
	char paths[NETSTAT_FILES][256];
	bool missed[NETSTAT_FILES]; /* and it was said */
	struct lines lines;
	int fd, file;
	bool busy, complete; /* complete: all files could be read */
};

/* Returns 0, or -1 when it has said why not. */
int netstat_open(struct netstat *netstat, const char *pin_root);
void netstat_close(struct netstat *netstat);

/* Begins to read, unless it is at it. */
void netstat_start(struct netstat *netstat);
/* Reads a piece and calls EACH with every line of it. Returns true when that was the last. */
bool netstat_step(struct netstat *netstat, void (*each)(void *context, char *line, size_t length), void *context);

#endif
