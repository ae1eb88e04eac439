// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"

#define READ_MOST (256 << 10) /* so much is worked off before anything else has its turn */
#define BUFFER_SIZE (LINE_MOST + READ_MOST)

int lines_open(struct lines *lines)
{
	*lines = (struct lines){ .bytes = malloc(BUFFER_SIZE) };
	return lines->bytes ? 0 : -ENOMEM;
}

void lines_close(struct lines *lines)
{
	free(lines->bytes);
	*lines = (struct lines){};
}

void lines_reset(struct lines *lines)
{
	lines->start = lines->end = lines->looked = 0;
	lines->passing_over = false;
}

long lines_read(struct lines *lines, int fd)
{
	ssize_t got;

	memmove(lines->bytes, lines->bytes + lines->start, lines->end - lines->start);
	lines->end -= lines->start;
	lines->looked -= lines->start;
	lines->start = 0;
	got = read(fd, lines->bytes + lines->end, READ_MOST);
	if (got < 0)
		return -errno;
	lines->end += (size_t)got;
	return (long)got;
}

/* Of a line that has no end yet, as much as a line may have is kept, and of a longer one nothing. */
static char *unfinished(struct lines *lines, size_t *length, bool last)
{
	char *line = lines->bytes + lines->start;
	bool passed = lines->passing_over;

	*length = lines->end - lines->start;
	lines->looked = lines->end;
	if (*length > LINE_MOST && !passed) {
		lines->too_long++;
		lines->passing_over = true;
	}
	if (lines->passing_over || last)
		lines->start = lines->looked = lines->end;
	return last && *length && *length <= LINE_MOST && !passed ? line : NULL;
}

char *lines_next(struct lines *lines, size_t *length, bool last)
{
	char *line, *end;

	for (;;) {
		end = memchr(lines->bytes + lines->looked, '\n', lines->end - lines->looked);
		if (!end)
			return unfinished(lines, length, last);
		line = lines->bytes + lines->start;
		*length = (size_t)(end - line);
		lines->start = lines->looked = (size_t)(end - lines->bytes) + 1;
		if (lines->passing_over) {
			lines->passing_over = false;
			continue;
		}
		if (*length > LINE_MOST) {
			lines->too_long++;
			continue;
		}
		return line;
	}
}
