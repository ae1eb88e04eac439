/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* lines.h - bytes as they come, to lines; a line that is too long is passed over and counted. */
#ifndef NTOPNG_LINES_H
#define NTOPNG_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINE_MOST (1 << 20)

struct lines {
	char *bytes;
	size_t start, end; /* what has been read and not yet been taken */
	size_t looked;	   /* how far of it has no line's end */
	bool passing_over;
	uint64_t too_long;
};

/* Returns 0 or -ENOMEM. */
int lines_open(struct lines *lines);
void lines_close(struct lines *lines);
/* Forgets what was read. */
void lines_reset(struct lines *lines);

/* Reads once. Returns bytes read, 0 at the end, or -errno (-EAGAIN: nothing there). */
long lines_read(struct lines *lines, int fd);
/* The next whole line without its end, or NULL; to be written to, valid until the next read. LAST: what is left is a line too. */
char *lines_next(struct lines *lines, size_t *length, bool last);

#endif
