// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * flows-load.c - TCP connections without a pause, whose number is known.
 *
 *	flows-load PORT HELD THREADS PAUSE	until standard input ends
 *
 * Opens HELD connections to itself and prints "ready"; then each thread opens one
 * after the other, PAUSE microseconds apart: a byte goes there and back, and it is
 * closed. At the end the held ones are closed as well, and the number of the others
 * is printed. Each thread has an address of its own, 127.0.0.2 and on: ports do not
 * run out.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static atomic_bool over;
static atomic_long made;
static int listener, port;
static useconds_t pause_us;

static int call(unsigned int number)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((in_port_t)port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK + number) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		err(1, "connect");
	return fd;
}

/* A byte there and back. */
static void talk(int from, int to)
{
	char byte = 'x';

	if (write(from, &byte, 1) != 1 || read(to, &byte, 1) != 1 || write(to, &byte, 1) != 1 ||
	    read(from, &byte, 1) != 1)
		err(1, "talk");
}

static void *serve(void *argument)
{
	char byte;
	int fd;

	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		while (read(fd, &byte, 1) == 1)
			if (write(fd, &byte, 1) != 1)
				err(1, "answer");
		close(fd);
	}
	return NULL;
}

static void *work(void *number)
{
	char byte = 'x';

	while (!over) {
		int fd = call((unsigned int)(size_t)number);

		if (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 1)
			err(1, "ask");
		close(fd);
		made++;
		usleep(pause_us);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	pthread_t servers[16], workers[16];
	int held, threads, ends[64][2];
	char byte;

	if (argc != 5)
		return 2;
	port = atoi(argv[1]);
	held = atoi(argv[2]);
	threads = atoi(argv[3]);
	pause_us = (useconds_t)atoi(argv[4]);
	any.sin_port = htons((in_port_t)port);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (held > 64 || threads > 16 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)) ||
	    bind(listener, (struct sockaddr *)&any, sizeof(any)) || listen(listener, 128))
		err(1, "listen");
	for (int i = 0; i < held; i++) {
		ends[i][0] = call(0);
		ends[i][1] = accept(listener, NULL, NULL);
		talk(ends[i][0], ends[i][1]);
	}
	puts("ready");
	fflush(stdout);
	for (int i = 0; i < threads; i++) {
		pthread_create(&servers[i], NULL, serve, NULL);
		pthread_create(&workers[i], NULL, work, (void *)(size_t)(i + 1));
	}
	while (read(0, &byte, 1) > 0)
		;
	over = true;
	for (int i = 0; i < threads; i++)
		pthread_join(workers[i], NULL);
	shutdown(listener, SHUT_RDWR);
	for (int i = 0; i < threads; i++)
		pthread_join(servers[i], NULL);
	for (int i = 0; i < held; i++) {
		close(ends[i][0]);
		while (read(ends[i][1], &byte, 1) > 0)
			;
		close(ends[i][1]);
	}
	printf("%ld\n", made);
	return 0;
}
