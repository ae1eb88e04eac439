// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A runtime that is missing is passed over in silence; one that fails is said once, left alone for a while, and holds nobody up. */
#include "child.h"
#include "stand_in.h"

#define OK "HTTP/1.0 200 OK\r\n\r\n"

/* Asks for COUNT containers and returns when that is over: then one is answered whose turn
 * is after them, by another runtime.
 */
static void ask_for(struct names *names, const char *cgroup, unsigned int first, unsigned int count)
{
	static struct stand_in marker = { .serve = serve_text, .answer = OK "{\"Name\":\"/marker\"}" };
	static unsigned int number = 0xffff0000;
	struct sender s;

	if (!marker.fd) {
		stand_in_start(&marker, "CONTAINER_HOST");
		CHECK(!chmod(marker.path, 0666));
	}
	for (unsigned int i = 0; i < count; i++) {
		sender_fill(&s, cgroup, first + i);
		CHECK(!container_now(names, &s));
	}
	sender_fill(&s, "/machine.slice/libpod-%s.scope", number++);
	EQUAL_TEXT(container_of(names, &s), "marker");
}

static void check_said(const char *runtime, const char *variable, const char *reason)
{
	char expected[512];

	if (!reason) {
		EQUAL_TEXT(said_end(), "");
		return;
	}
	snprintf(expected, sizeof(expected), "%s: ask %s for container names: %s/%s: %s\n",
		 program_invocation_short_name, runtime, stand_in_directory, variable, reason);
	EQUAL_TEXT(said_end(), expected);
}

static void one_that_is_missing_is_not_mentioned(void)
{
	struct names *names = names_for_test(60000);

	said_begin();
	ask_for(names, DOCKER_CGROUP, 100, 5);
	ask_for(names, CONTAINERD_CGROUP, 100, 5);
	names_stop(names);
	check_said("docker", "DOCKER_HOST", NULL);
}

static void one_that_refuses_is_said_once_and_asked_again_later(void)
{
	struct names *names = names_for_test(60000);
	struct stand_in dead = {};
	static struct stand_in alive = { .serve = serve_text, .answer = OK "{\"Name\":\"/alive\"}" };
	struct sender s;

	stand_in_listen(&dead, "DOCKER_HOST");
	close(dead.fd);
	said_begin();
	ask_for(names, DOCKER_CGROUP, 200, 5);
	the_time += 11 * SECOND;
	ask_for(names, DOCKER_CGROUP, 200, 5); /* fails a second time */
	check_said("docker", "DOCKER_HOST", "Connection refused");

	CHECK(!unlink(dead.path));
	stand_in_start(&alive, "DOCKER_HOST");
	the_time += 9 * SECOND;
	ask_for(names, DOCKER_CGROUP, 210, 5); /* others, who were not asked for before */
	EQUAL(alive.asked, 0);
	the_time += 10 * SECOND;
	sender_fill(&s, DOCKER_CGROUP, 201);
	EQUAL_TEXT(container_of(names, &s), "alive");
	names_stop(names);
	CHECK(!unlink(alive.path));
}

/* As a user who may not. */
static void one_that_is_closed_to_this_user_is_said_only_when_asked_to(void)
{
	for (int verbose = 0; verbose < 2; verbose++) {
		struct names *names = names_start(&(struct names_options){
			.containers = true, .verbose = verbose, .now_ns = test_now, .passwd = "/dev/null" });
		struct stand_in closed = {};
		struct sender s;

		stand_in_listen(&closed, "DOCKER_HOST");
		CHECK(!chmod(closed.path, 0));
		CHECK(!chmod(stand_in_directory, 0755));
		if (geteuid() == 0)
			CHECK(!seteuid(NOBODY));
		said_begin();
		ask_for(names, DOCKER_CGROUP, 300, 3);
		sender_fill(&s, DOCKER_CGROUP, 300);
		CHECK(!container_now(names, &s));
		check_said("docker", "DOCKER_HOST", verbose ? "Permission denied" : NULL);
		names_stop(names);
		if (getuid() == 0)
			CHECK(!seteuid(0));
		close(closed.fd);
		CHECK(!unlink(closed.path));
	}
}

static void serve_endless(struct stand_in *s, int fd)
{
	char bytes[4096];

	read_request(s, fd);
	write_all(fd, s->answer, strlen(s->answer));
	memset(bytes, 'x', sizeof(bytes));
	while (send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0)
		;
}

static void serve_silence(struct stand_in *s, int fd)
{
	char byte;

	while (recv(fd, &byte, 1, 0) > 0)
		;
}

/* A byte now and then, which must not make the time begin anew. */
static void serve_slowly(struct stand_in *s, int fd)
{
	read_request(s, fd);
	write_all(fd, s->answer, strlen(s->answer));
	while (send(fd, "x", 1, MSG_NOSIGNAL) > 0)
		nap();
}

static void each_failure_has_its_name(void)
{
	static const struct {
		void (*serve)(struct stand_in *, int);
		const char *answer, *reason;
	} failures[] = {
		{ serve_nothing, NULL, "it closed the connection" },
		{ serve_text, "", "it closed the connection" },
		{ serve_text, "HTTP/1.0 200 OK\r\nContent-Type: applic", "it closed the connection" },
		{ serve_text, "HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\n{}", "it closed the connection" },
		{ serve_text, "220 smtp.example.org ESMTP\r\n", "its answer is not understood" },
		{ serve_text, OK "not JSON", "its answer is not understood" },
		{ serve_text, OK "[]", "its answer is not understood" },
		{ serve_text, OK "{\"Name\":7}", "its answer is not understood" },
		{ serve_text, "HTTP/1.0 500 Internal Server Error\r\n\r\n{}", "it failed" },
		{ serve_endless, "", "its answer is not understood" },
		{ serve_endless, "HTTP/1.0 200 OK\r\nX: ", "its answer is not understood" },
		{ serve_silence, "", "no answer in time" },
		{ serve_slowly, OK, "no answer in time" },
	};

	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		struct names *names = names_for_test(200);
		struct stand_in s = { .serve = failures[i].serve, .answer = failures[i].answer };
		pthread_t thread;

		WHERE("failure %zu", i);
		stand_in_listen(&s, "DOCKER_HOST");
		CHECK(!pthread_create(&thread, NULL, stand_in_thread, &s));
		said_begin();
		ask_for(names, DOCKER_CGROUP, 400, 3);
		EQUAL(s.asked, 1); /* for the first one; then it is left alone */
		names_stop(names);
		check_said("docker", "DOCKER_HOST", failures[i].reason);
		CHECK(!shutdown(s.fd, SHUT_RDWR));
		CHECK(!pthread_join(thread, NULL));
		close(s.fd);
		CHECK(!unlink(s.path));
	}
	WHERE("%s", "");
}

/* Who makes a container decides how long what is told of it is: that costs the others nothing. */
static void an_answer_without_end_is_no_reason_to_stop_asking(void)
{
	struct names *names = names_for_test(60000);
	static struct stand_in endless = { .serve = serve_endless, .answer = OK "{\"Name\":\"" };

	stand_in_start(&endless, "DOCKER_HOST");
	said_begin();
	ask_for(names, DOCKER_CGROUP, 500, 3);
	EQUAL(endless.asked, 3);
	names_stop(names);
	check_said("docker", "DOCKER_HOST", "its answer is too long");
	CHECK(!unlink(endless.path));
}

static void serve_all_but_one(struct stand_in *s, int fd)
{
	read_request(s, fd);
	if (strstr(s->request, "0258/json")) /* 600 */
		serve_silence(s, fd);
	else
		write_all(fd, s->answer, strlen(s->answer));
}

/* It is asked for first whenever it may be, and the runtime is left alone then: the others must have their turn. */
static void a_container_it_gets_stuck_over_keeps_no_other_from_its_name(void)
{
	struct names *names = names_for_test(50);
	static struct stand_in docker = { .serve = serve_all_but_one, .answer = OK "{\"Name\":\"/fine\"}" };
	struct sender stuck, fine;

	stand_in_start(&docker, "DOCKER_HOST");
	said_begin();
	sender_fill(&stuck, DOCKER_CGROUP, 600);
	sender_fill(&fine, DOCKER_CGROUP, 601);
	do {
		nap();
		the_time += SECOND / 10;
		CHECK(!container_now(names, &stuck));
	} while (!container_now(names, &fine));
	names_stop(names);
	said_end();
	CHECK(!unlink(docker.path));
}

/* Its queue is full and it accepts nobody. */
static void one_that_does_not_accept_holds_nobody_up(void)
{
	struct names *names = names_for_test(200);
	struct stand_in full = {};
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	stand_in_listen(&full, "DOCKER_HOST");
	CHECK(!listen(full.fd, 0));
	strcpy(to.sun_path, full.path);
	do {
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	} while (!connect(fd, (struct sockaddr *)&to, sizeof(to)));
	EQUAL(errno, EAGAIN);
	said_begin();
	ask_for(names, DOCKER_CGROUP, 700, 3);
	names_stop(names);
	check_said("docker", "DOCKER_HOST", "no answer in time");
	CHECK(!unlink(full.path));
}

static void stopping_does_not_wait_for_an_answer(void)
{
	struct names *names = names_for_test(3600000);
	static struct stand_in silent = { .serve = serve_silence };
	struct sender s;

	stand_in_start(&silent, "DOCKER_HOST");
	sender_fill(&s, DOCKER_CGROUP, 800);
	said_begin();
	RECORDS_UNTIL(names, &s, silent.asked);
	names_stop(names);
	check_said("docker", "DOCKER_HOST", NULL);
	while (!silent.closed) /* it was the reader who hung up: nothing is left behind */
		nap();
	CHECK(!unlink(silent.path));
}

int main(void)
{
	stand_in_paths();
	one_that_is_missing_is_not_mentioned();
	one_that_refuses_is_said_once_and_asked_again_later();
	one_that_is_closed_to_this_user_is_said_only_when_asked_to();
	each_failure_has_its_name();
	an_answer_without_end_is_no_reason_to_stop_asking();
	a_container_it_gets_stuck_over_keeps_no_other_from_its_name();
	one_that_does_not_accept_holds_nobody_up();
	stopping_does_not_wait_for_an_answer();
	return 0;
}
