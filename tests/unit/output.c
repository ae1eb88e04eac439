// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Lines reach standard output whole and in order, also a slow or non-blocking one, and a failed write is the last. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "output.h"
#include "test.h"

static struct output out;
static uint64_t seed;
static int nowhere;

struct consumer {
	int fd;
	char *bytes;
	size_t size;
};

static void *consume(void *argument)
{
	struct consumer *c = argument;
	ssize_t got;

	while ((got = read(c->fd, c->bytes + c->size, 1000)) > 0) {
		c->size += (size_t)got;
		if (c->size % 7 == 0)
			usleep(50); /* now and then it is slower than the writer */
	}
	return NULL;
}

/* Random lines through a pipe; every byte comes out where it went in. */
static void test_pipe(bool blocking)
{
	struct consumer c = { .bytes = malloc(4 << 20) };
	char *expected = malloc(4 << 20);
	uint64_t random = seed;
	size_t size = 0;
	pthread_t thread;
	int ends[2];

	CHECK(c.bytes && expected && !pipe(ends));
	dup2(ends[1], STDOUT_FILENO);
	close(ends[1]);
	if (!blocking)
		fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK);
	c.fd = ends[0];
	CHECK(!pthread_create(&thread, NULL, consume, &c));
	while (size < (3 << 20)) {
		size_t length = 1 + random_below(&random, RINGSIDE_LINE_MAX - 1);
		char *line = output_line(&out);
		CHECK(line + length <= out.bytes + sizeof(out.bytes));
		memset(line, 'a' + (int)random_below(&random, 26), length - 1);
		line[length - 1] = '\n';
		memcpy(expected + size, line, length);
		size += length;
		EQUAL(output_add(&out, length), 0);
		if (random_below(&random, 100) == 0) {
			EQUAL(output_flush(&out), 0);
			EQUAL(out.used, 0);
		}
	}
	EQUAL(output_flush(&out), 0);
	dup2(nowhere, STDOUT_FILENO);
	pthread_join(thread, NULL);
	EQUAL(c.size, size);
	CHECK(!memcmp(c.bytes, expected, size));
	close(ends[0]);
	free(c.bytes);
	free(expected);
}

static void fill_block(void)
{
	for (size_t i = 0; i < 2 * OUTPUT_BLOCK; i += 100) {
		memset(output_line(&out), 'x', 100);
		output_add(&out, 100);
	}
}

/* A full disk, a reader that left: the errno is kept, and nothing is tried after it. */
static void test_errors(void)
{
	int ends[2], full = open("/dev/full", O_WRONLY);

	CHECK(full >= 0);
	dup2(full, STDOUT_FILENO);
	memset(output_line(&out), 'x', 100);
	EQUAL(output_add(&out, 100), 0); /* nothing is written before a block is full */
	EQUAL(output_flush(&out), -1);
	EQUAL(out.error, ENOSPC);
	fill_block();
	EQUAL(out.error, ENOSPC);
	CHECK(out.used < OUTPUT_BLOCK);

	CHECK(!pipe(ends));
	dup2(ends[1], STDOUT_FILENO);
	fill_block();
	EQUAL(output_flush(&out), -1);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	CHECK(read(ends[0], &(char){ 0 }, 1) == -1 && errno == EAGAIN);

	out.error = 0;
	close(ends[0]);
	memset(output_line(&out), 'x', 100);
	out.used = 100;
	EQUAL(output_flush(&out), -1);
	EQUAL(out.error, EPIPE);
}

int main(void)
{
	seed = random_seed();
	fflush(stdout);
	signal(SIGPIPE, SIG_IGN);
	nowhere = open("/dev/null", O_WRONLY);
	CHECK(nowhere >= 0);
	test_pipe(true);
	test_pipe(false);
	test_errors();
	return 0;
}
