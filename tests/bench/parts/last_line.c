// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * last_line.c - preloaded into a reader that writes to /dev/null: its final stats
 * records, one a source, go to descriptor 3 as well. Costs a look at the end of each
 * block of 64 KiB; a block may end within a line.
 */
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void *memrchr(const void *, int, size_t);

static void look(const char *text, size_t size)
{
	static const char end[] = "\"final\":true}\n";
	static char tail[1024]; /* the line that the last block began */
	static size_t tail_size;
	static bool ending;
	const char *last = memrchr(text, '\n', size);
	size_t whole = last ? (size_t)(last + 1 - text) : 0, start = ending ? 0 : whole;

	while (!ending && start >= sizeof(end) && !memcmp(text + start - (sizeof(end) - 1), end, sizeof(end) - 1))
		for (start--; start > 0 && text[start - 1] != '\n'; start--)
			;
	if (ending || start < whole) {
		if (!ending && start == 0)
			syscall(SYS_write, 3, tail, tail_size);
		syscall(SYS_write, 3, text + start, size - start);
		ending = true;
		return;
	}
	tail_size = size - whole <= sizeof(tail) ? size - whole : 0;
	memcpy(tail, text + whole, tail_size);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
	if (fd == 1)
		look(bytes, size);
	return syscall(SYS_write, fd, bytes, size);
}
