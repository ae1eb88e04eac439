// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * flows-many server FILE PORT THREADS COUNT
 * flows-many client FILE PORT THREADS COUNT ADDRESS...
 *
 * COUNT short connections by THREADS threads at once, to each ADDRESS in turn. Each side appends to FILE, for each
 * connection, what the records of it must say. Descriptor 9 is the initial pid namespace's /proc.
 */
#include <arpa/inet.h>
#include <err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define THREADS_MOST 64

static int listener, port, count;
static char **addresses;
static int address_count;
static atomic_int next_one;
static bool is_server;
static FILE *file;

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct identity {
	int pid, tid;
};

static struct identity identity(void)
{
	struct identity me;
	char link[64] = "";

	if (readlink("/proc/self/fd/9/thread-self", link, sizeof(link) - 1) < 0 ||
	    sscanf(link, "%d/task/%d", &me.pid, &me.tid) != 2)
		err(1, "thread-self: %s", link);
	return me;
}

static union address address_of(const char *text)
{
	union address a = { .v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) } };

	if (inet_pton(AF_INET6, text, &a.v6.sin6_addr) == 1)
		return a;
	a.v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
	if (inet_pton(AF_INET, text, &a.v4.sin_addr) != 1)
		errx(2, "%s: no address", text);
	return a;
}

/* All but the event, of one side of a connection. */
static void say(const struct identity *me, int fd, const char *event, const char *more)
{
	union address ends[2];
	char text[2][INET6_ADDRSTRLEN], *plain[2];
	socklen_t size = sizeof(ends[0]);
	char line[512];

	getsockname(fd, &ends[0].any, &size);
	size = sizeof(ends[1]);
	getpeername(fd, &ends[1].any, &size);
	for (int i = 0; i < 2; i++) {
		bool six = ends[i].any.sa_family == AF_INET6;
		inet_ntop(ends[i].any.sa_family, six ? (void *)&ends[i].v6.sin6_addr : (void *)&ends[i].v4.sin_addr,
			  text[i], sizeof(text[i]));
		plain[i] = strncmp(text[i], "::ffff:", 7) ? text[i] : text[i] + 7;
	}
	/* the ports are in the same place of both structures */
	snprintf(line, sizeof(line), "\"local_ip\":\"%s\",\"local_port\":%d,\"remote_ip\":\"%s\",\"remote_port\":%d,\"pid\":%d,\"tid\":%d",
		 plain[0], ntohs(ends[0].v4.sin_port), plain[1], ntohs(ends[1].v4.sin_port), me->pid, me->tid);
	flockfile(file);
	fprintf(file, "{\"event\":\"%s\",%s}\n{\"event\":\"close\",%s%s}\n", event, line, line, more);
	funlockfile(file);
}

static void serve(const struct identity *me)
{
	char buffer[16];
	int fd = accept(listener, NULL, NULL);

	if (fd < 0 || read(fd, buffer, sizeof(buffer)) != 3 || write(fd, "answer", 6) != 6)
		err(1, "serve");
	say(me, fd, "accept", ",\"rx_bytes\":3,\"tx_bytes\":6");
	if (read(fd, buffer, sizeof(buffer)) != 0) /* until the other side closes */
		err(1, "end");
	close(fd);
}

static void visit(const struct identity *me, int which)
{
	union address a = address_of(addresses[which % address_count]);
	int fd = socket(a.any.sa_family, SOCK_STREAM, 0);
	char buffer[16];

	if (connect(fd, &a.any, sizeof(a)))
		err(1, "connect");
	if (write(fd, "ask", 3) != 3 || read(fd, buffer, sizeof(buffer)) != 6)
		err(1, "ask");
	say(me, fd, "connect", ",\"rx_bytes\":6,\"tx_bytes\":3");
	close(fd);
}

static void *work(void *unused)
{
	struct identity me = identity();
	int which;

	while ((which = atomic_fetch_add(&next_one, 1)) < count)
		is_server ? serve(&me) : visit(&me, which);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS_MOST];
	union address a;
	int many;

	if (argc < 6)
		errx(2, "server|client FILE PORT THREADS COUNT [ADDRESS...]");
	is_server = !strcmp(argv[1], "server");
	file = fopen(argv[2], "ae");
	port = atoi(argv[3]);
	many = atoi(argv[4]);
	count = atoi(argv[5]);
	addresses = argv + 6;
	address_count = argc - 6;
	if (!file || many > THREADS_MOST)
		err(1, "%s", argv[2]);
	if (is_server) {
		a = address_of("::");
		listener = socket(AF_INET6, SOCK_STREAM, 0);
		if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)) ||
		    bind(listener, &a.any, sizeof(a.v6)) || listen(listener, 1024))
			err(1, "listen");
		puts("listening");
		fflush(stdout);
	}
	for (int i = 0; i < many; i++)
		if (pthread_create(&threads[i], NULL, work, NULL))
			err(1, "thread");
	for (int i = 0; i < many; i++)
		pthread_join(threads[i], NULL);
	fclose(file);
}
