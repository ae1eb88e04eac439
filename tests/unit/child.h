/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* child.h - runs one of the built programs as nobody, and keeps what it said. */
#ifndef RINGSIDE_TEST_CHILD_H
#define RINGSIDE_TEST_CHILD_H

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define NOBODY 65534
#define CHILD_SECONDS 20 /* then it is a failure */

struct child {
	int code; /* exit status, or 128 + the signal */
	char out[16384], err[16384];
};

/* A program that was built as this test was: with sanitizers, or not. */
static inline int child_open(const char *program)
{
	char self[PATH_MAX] = "", path[PATH_MAX + 64], *end;
	int fd = -1;

	CHECK(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	for (int i = 0; i < 3; i++) { /* OUT/tests/unit/NAME */
		end = strrchr(self, '/');
		CHECK(end);
		*end = '\0';
	}
	snprintf(path, sizeof(path), "%s/%s", self, program);
	if (strstr(self, "sanitize"))
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		snprintf(path, sizeof(path), "%s/../%s", self, program);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0)
		TEST_FAIL("%s is not built", path);
	return fd;
}

static inline void child_read(int fd, char *to, size_t size)
{
	ssize_t got = pread(fd, to, size - 1, 0);

	CHECK(got >= 0);
	to[got] = '\0';
	CHECK(strlen(to) == (size_t)got);
	close(fd);
}

/* Arguments end with NULL; argv[0] is among them. The descriptor spares nobody
 * the way through directories that may be closed to him.
 */
static inline void child_run(struct child *child, int program, char *const argv[], char *const environment[])
{
	int out = memfd_create("out", 0), err = memfd_create("err", 0), status;
	pid_t pid;

	CHECK(out >= 0 && err >= 0);
	fflush(NULL);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		alarm(CHILD_SECONDS);
		dup2(open("/dev/null", O_RDONLY), 0);
		dup2(out, 1);
		dup2(err, 2);
		if (geteuid() == 0 && (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY)))
			_exit(126);
		fexecve(program, argv, environment);
		_exit(127);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	child->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	child_read(out, child->out, sizeof(child->out));
	child_read(err, child->err, sizeof(child->err));
}

/* A command line as in a shell, with single quotes and nothing else. */
static inline void child_run_line(struct child *child, int program, const char *line, char *const environment[])
{
	char copy[4096], *argv[64], *to = copy;
	int argc = 0;

	CHECK(strlen(line) < sizeof(copy));
	while (*line) {
		while (*line == ' ')
			line++;
		if (!*line)
			break;
		CHECK(argc < 63);
		argv[argc++] = to;
		for (bool quoted = false; *line && (quoted || *line != ' '); line++) {
			if (*line == '\'')
				quoted = !quoted;
			else
				*to++ = *line;
		}
		*to++ = '\0';
	}
	argv[argc] = NULL;
	child_run(child, program, argv, environment);
}

/* "PROGRAM: ..." once, in lower case and without a full stop, then nothing but
 * lines that hint, which are set off by two spaces.
 */
static inline void check_error(const struct child *child, const char *program, const char *expected)
{
	const char *line = child->err, *end = strchr(line, '\n');
	char first[4096];

	CHECK(end && end > line);
	snprintf(first, sizeof(first), "%.*s", (int)(end - line), line);
	if (strncmp(first, program, strlen(program)) || strncmp(first + strlen(program), ": ", 2))
		TEST_FAIL("the error does not begin with %s: %s", program, first);
	if (!strstr(first, expected))
		TEST_FAIL("expected an error with: %s\n  found: %s", expected, first);
	CHECK(end[-1] != '.');
	CHECK(!(first[strlen(program) + 2] >= 'A' && first[strlen(program) + 2] <= 'Z'));
	for (line = end + 1; *line; line = end + 1) {
		end = strchr(line, '\n');
		CHECK(end);
		if (strncmp(line, "  ", 2))
			TEST_FAIL("a second line that is no hint: %s", line);
	}
}

#endif
