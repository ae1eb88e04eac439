/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* stand_in.h - a runtime's socket with somebody behind it, and the way to names from there. */
#ifndef RINGSIDE_TEST_STAND_IN_H
#define RINGSIDE_TEST_STAND_IN_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "names.h"
#include "process.h"

#define LIMIT_SECONDS 60 /* then the test has failed */

/* ------------------------------------------------------------------ the server */

struct stand_in {
	char path[108];
	/* With a connection, in a thread; the stand-in closes it afterwards. */
	void (*serve)(struct stand_in *s, int fd);
	const char *answer; /* for serve_text() */
	size_t length;	    /* 0: up to its NUL */
	int fd;
	/* connections: accepted, with a request that was read, and closed again */
	atomic_int asked, heard, closed;
	atomic_bool held; /* serve_text() answers once this is false */
	char request[4096];
};

static char stand_in_directory[64];

static inline void remove_directory(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", stand_in_directory);
	if (*stand_in_directory && system(command))
		perror(command);
}

/* In a directory of this test's own; no socket of the machine's is asked. */
static inline void stand_in_paths(void)
{
	static const char *const variables[] = { "DOCKER_HOST", "CONTAINER_HOST", "CONTAINER_RUNTIME_ENDPOINT" };
	char value[128];

	alarm(LIMIT_SECONDS);
	strcpy(stand_in_directory, "/tmp/ringside-test-XXXXXX");
	CHECK(mkdtemp(stand_in_directory));
	atexit(remove_directory);
	for (size_t i = 0; i < 3; i++) {
		snprintf(value, sizeof(value), "unix://%s/%s", stand_in_directory, variables[i]);
		CHECK(!setenv(variables[i], value, 1));
	}
	unsetenv("XDG_RUNTIME_DIR");
}

static inline void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static inline void write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);

		if (sent <= 0)
			return; /* the reader had enough */
		bytes += sent;
		length -= (size_t)sent;
	}
}

/* Up to the empty line of an HTTP request. */
static inline void read_request(struct stand_in *s, int fd)
{
	size_t used = 0;
	ssize_t got = 1;

	s->request[0] = '\0';
	while (got > 0 && !strstr(s->request, "\r\n\r\n") && used < sizeof(s->request) - 1) {
		got = recv(fd, s->request + used, sizeof(s->request) - 1 - used, 0);
		used += got > 0 ? (size_t)got : 0;
		s->request[used] = '\0';
	}
	s->heard++;
}

static inline void serve_text(struct stand_in *s, int fd)
{
	read_request(s, fd);
	while (s->held)
		nap();
	if (s->answer)
		write_all(fd, s->answer, s->length ? s->length : strlen(s->answer));
}

static inline void serve_nothing(struct stand_in *s, int fd)
{
}

static inline void *stand_in_thread(void *context)
{
	struct stand_in *s = context;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		s->asked++;
		s->serve(s, fd);
		close(fd);
		s->closed++;
	}
	return NULL;
}

static inline void stand_in_listen(struct stand_in *s, const char *variable)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	snprintf(s->path, sizeof(s->path), "%s/%s", stand_in_directory, variable);
	strcpy(at.sun_path, s->path);
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(s->fd >= 0);
	CHECK(!bind(s->fd, (struct sockaddr *)&at, sizeof(at)));
	CHECK(!listen(s->fd, 64));
}

/* At the end of the path that VARIABLE has; there for as long as the test. */
static inline void stand_in_start(struct stand_in *s, const char *variable)
{
	pthread_t thread;

	stand_in_listen(s, variable);
	CHECK(!pthread_create(&thread, NULL, stand_in_thread, s));
	CHECK(!pthread_detach(thread));
}

/* Nobody is connected; count from 0 again. */
static inline void stand_in_reset(struct stand_in *s)
{
	while (s->closed != s->asked)
		nap();
	s->asked = s->heard = s->closed = 0;
}

/* ------------------------------------------------------------------ the one who asks */

#define SECOND 1000000000LL

static _Atomic int64_t the_time = 1000 * SECOND;

static inline int64_t test_now(void)
{
	return the_time;
}

static inline struct names *names_for_test(int timeout_ms)
{
	struct names *names = names_start(&(struct names_options){
		.containers = true, .now_ns = test_now, .passwd = "/dev/null", .timeout_ms = timeout_ms });

	CHECK(names);
	return names;
}

struct sender {
	struct rs_process process;
	struct ringside_event event;
};

/* Of container NUMBER, in a cgroup as FORMAT has it, with %s for the id. */
static inline void sender_fill(struct sender *s, const char *format, unsigned int number)
{
	char id[65], path[256];

	memset(s, 0, sizeof(*s));
	snprintf(id, sizeof(id), "%064x", number);
	snprintf(path, sizeof(path), format, id);
	CHECK(!path_to_parts(path, s->process.cgroup));
	s->process.cgroup_id = 9; /* of another hierarchy another cgroup may have the same */
	s->event = (struct ringside_event){ .kind = RINGSIDE_RECORD, .process = &s->process };
}

#define DOCKER_CGROUP "/system.slice/docker-%s.scope"
#define CONTAINERD_CGROUP "/system.slice/cri-containerd-%s.scope"

/* Of a record of this moment. */
static inline const struct ringside_names *names_now(struct names *names, struct sender *s)
{
	s->event.time_ns = the_time;
	return names_of(names, &s->event);
}

/* Records go on until CONDITION holds, as they do in a stream. */
#define RECORDS_UNTIL(names, sender, condition)              \
	do {                                                 \
		(void)names_now((names), (sender));           \
		if (condition)                               \
			break;                               \
		nap();                                       \
	} while (1)

static inline const char *container_now(struct names *names, struct sender *s)
{
	return names_now(names, s)->container;
}

/* Waits until it has one. */
static inline const char *container_of(struct names *names, struct sender *s)
{
	const char *name;

	while (!(name = container_now(names, s)))
		nap();
	return name;
}

/* ------------------------------------------------------------------ what is said */

static int said_fd = -1, real_stderr = -1;

static inline void said_begin(void)
{
	said_fd = memfd_create("said", MFD_CLOEXEC);
	real_stderr = dup(STDERR_FILENO);
	CHECK(said_fd >= 0 && real_stderr >= 0);
	dup2(said_fd, STDERR_FILENO);
}

/* All since it began, and it ends. */
static inline const char *said_end(void)
{
	static char text[8192];
	ssize_t got;

	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	got = pread(said_fd, text, sizeof(text) - 1, 0);
	CHECK(got >= 0);
	text[got] = '\0';
	close(said_fd);
	return text;
}

#endif
