// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

#include "output.h"

#define PATIENCE_MS 1000

/* Whether it takes PIPE_BUF bytes without waiting for long. */
static bool takes_more(int timeout_ms)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&out, 1, timeout_ms) > 0;
}

int output_flush(struct output *out)
{
	size_t done = 0;

	while (!out->error && done < out->used) {
		size_t left = out->used - done;
		ssize_t written;

		if (out->stop && *out->stop) {
			/* a write of more than poll() knows of would wait again */
			left = left < PIPE_BUF ? left : PIPE_BUF;
			if (!takes_more(PATIENCE_MS)) {
				out->error = EINTR;
				break;
			}
		}
		written = write(STDOUT_FILENO, out->bytes + done, left);
		if (written >= 0)
			done += (size_t)written;
		else if (errno == EAGAIN)
			takes_more(-1);
		else if (errno != EINTR)
			out->error = errno;
	}
	if (out->error)
		out->unwritten += out->used - done;
	out->used = 0;
	return out->error ? -1 : 0;
}

int output_add(struct output *out, size_t length)
{
	out->used += length;
	return out->used >= OUTPUT_BLOCK ? output_flush(out) : 0;
}
