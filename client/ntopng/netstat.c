// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "netstat.h"
#include "pins.h"

static const char *const names[NETSTAT_FILES] = { RS_PIN_TCP, RS_PIN_UDP };

int netstat_open(struct netstat *n, const char *pin_root)
{
	*n = (struct netstat){ .fd = -1 };
	for (int i = 0; i < NETSTAT_FILES; i++)
		snprintf(n->paths[i], sizeof(n->paths[i]), "%s/" RS_SOURCE_FLOWS "/%s", pin_root, names[i]);
	if (!lines_open(&n->lines))
		return 0;
	warn("netstat");
	return -1;
}

void netstat_close(struct netstat *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
	lines_close(&n->lines);
}

/* Once: it may come back with the next load, and then it is read. */
static void missed(struct netstat *n)
{
	n->complete = false;
	if (!n->missed[n->file])
		warn("open %s", n->paths[n->file]);
	if (!n->missed[n->file] && errno == ENOENT)
		fprintf(stderr, "  ringside-loader load makes it; without it --netstat has nothing to tell\n");
	n->missed[n->file] = true;
}

/* Opens the next file that can be. */
static void next_file(struct netstat *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
	lines_reset(&n->lines);
	for (; n->file < NETSTAT_FILES && n->fd < 0; n->file++) {
		n->fd = open(n->paths[n->file], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (n->fd < 0)
			missed(n);
		else
			n->missed[n->file] = false;
	}
	n->busy = n->fd >= 0;
}

void netstat_start(struct netstat *n)
{
	if (n->busy)
		return;
	n->file = 0;
	n->complete = true;
	next_file(n);
}

bool netstat_step(struct netstat *n, void (*each)(void *context, char *line, size_t length), void *context)
{
	char *line;
	size_t length;
	long got;

	if (!n->busy)
		return false;
	got = lines_read(&n->lines, n->fd);
	if (got < 0) {
		errno = (int)-got;
		warn("read %s", n->paths[n->file - 1]);
		n->complete = false;
	}
	while ((line = lines_next(&n->lines, &length, got <= 0)))
		each(context, line, length);
	if (got <= 0)
		next_file(n);
	return !n->busy;
}
