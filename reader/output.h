/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* output.h - lines to stdout, in blocks, whole. */
#ifndef RINGSIDE_OUTPUT_H
#define RINGSIDE_OUTPUT_H

#include <signal.h>
#include <stddef.h>

#include "ringside.h"

#define OUTPUT_BLOCK 65536

struct output {
	char bytes[OUTPUT_BLOCK + RINGSIDE_LINE_MAX];
	size_t used;
	int error; /* errno of the write that failed; nothing is written after it */
	size_t unwritten; /* bytes that were left then */
	/* Set by a signal handler, or NULL: once it is true nobody is waited for longer
	 * than a second; error is EINTR then.
	 */
	const volatile sig_atomic_t *stop;
};

/* Where the next line goes: RINGSIDE_LINE_MAX bytes are free there. */
static inline char *output_line(struct output *out)
{
	return out->bytes + out->used;
}

/* The line has LENGTH bytes; a full block is written. 0, or -1: out->error. */
int output_add(struct output *out, size_t length);
int output_flush(struct output *out);

#endif
