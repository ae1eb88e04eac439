// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * last_line.c - preloaded into a reader that writes to /dev/null: its final stats
 * records, one a source, go to descriptor 3 as well. Costs a comparison for each block of 64 KiB.
 */
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t write(int fd, const void *bytes, size_t size)
{
	static const char end[] = "\"final\":true}\n";
	const char *text = bytes;
	size_t start = size;

	while (fd == 1 && start >= sizeof(end) && !memcmp(text + start - (sizeof(end) - 1), end, sizeof(end) - 1))
		for (start--; start > 0 && text[start - 1] != '\n'; start--)
			;
	if (start < size)
		syscall(SYS_write, 3, text + start, size - start);
	return syscall(SYS_write, fd, bytes, size);
}
