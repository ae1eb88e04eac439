// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "runtime_socket.h"

/* Waits for EVENTS, or without a descriptor for MOST_MS to pass. */
static int wait_for(const struct runtime_socket *s, int fd, short events, int64_t most_ms)
{
	struct pollfd fds[] = { { .fd = s->stop, .events = POLLIN }, { .fd = fd, .events = events } };
	int64_t left_ms = (s->until_ns - clock_ns(CLOCK_MONOTONIC)) / 1000000;

	if (left_ms <= 0)
		return -ETIMEDOUT;
	if (poll(fds, 2, (int)(left_ms < most_ms ? left_ms : most_ms)) < 0)
		return -errno;
	return fds[0].revents ? -ECANCELED : 0;
}

int runtime_open(struct runtime_socket *s)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int error;

	s->until_ns = clock_ns(CLOCK_MONOTONIC) + (int64_t)s->timeout_ms * 1000000;
	s->fd = -1;
	if (strlen(s->path) >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	strcpy(to.sun_path, s->path);
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return -errno;
	/* EAGAIN: its queue is full, and nothing says when there is room again */
	while (connect(s->fd, (struct sockaddr *)&to, sizeof(to))) {
		error = errno == EAGAIN ? wait_for(s, -1, 0, 20) : -errno;
		if (error) {
			runtime_close(s);
			return error;
		}
	}
	return 0;
}

ssize_t runtime_read(struct runtime_socket *s, void *to, size_t size)
{
	for (;;) {
		int error = wait_for(s, s->fd, POLLIN, s->timeout_ms);
		ssize_t got = error ? error : recv(s->fd, to, size, 0);

		if (error || got >= 0)
			return got;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
}

int runtime_write(struct runtime_socket *s, const void *from, size_t size)
{
	const char *at = from;

	while (size > 0) {
		int error = wait_for(s, s->fd, POLLOUT, s->timeout_ms);
		ssize_t sent = error ? 0 : send(s->fd, at, size, MSG_NOSIGNAL);

		if (error)
			return error;
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (sent > 0) {
			at += sent;
			size -= (size_t)sent;
		}
	}
	return 0;
}

void runtime_close(struct runtime_socket *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
