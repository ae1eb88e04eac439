/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* runtime_socket.h - a conversation over a unix socket that ends in time, whoever is on the other side. */
#ifndef RINGSIDE_RUNTIME_SOCKET_H
#define RINGSIDE_RUNTIME_SOCKET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What is read at most for one question. */
#define RUNTIME_ANSWER_MOST (1 << 20)

struct runtime_socket {
	const char *path;
	int timeout_ms; /* for the whole conversation */
	int stop;	/* a descriptor: readable, everything ends with -ECANCELED; -1: none */
	int fd;
	int64_t until_ns;
};

/* Set path, timeout_ms and stop before. 0 or -errno; also closes what it opened. */
int runtime_open(struct runtime_socket *s);
/* Bytes, 0 at the end, -ETIMEDOUT, -errno. */
ssize_t runtime_read(struct runtime_socket *s, void *to, size_t size);
/* All of it: 0 or -errno. */
int runtime_write(struct runtime_socket *s, const void *from, size_t size);
void runtime_close(struct runtime_socket *s);

#endif
