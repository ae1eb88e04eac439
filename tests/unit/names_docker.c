// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Containers of docker and podman have their names once the runtime has answered, and no record waits for it. */
#include "stand_in.h"

#define OK "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n"

static struct stand_in docker = { .serve = serve_text };
static struct stand_in podman = { .serve = serve_text };

static void no_record_waits(void)
{
	struct names *names = names_for_test(60000);
	struct sender s;

	docker.answer = OK "\r\n{\"Id\":\"1\",\"Name\":\"/web\",\"Config\":{\"Labels\":{}}}";
	docker.held = true;
	sender_fill(&s, DOCKER_CGROUP, 1);
	RECORDS_UNTIL(names, &s, docker.heard); /* it was asked and does not answer */
	for (int i = 0; i < 100000; i++)
		CHECK(!container_now(names, &s));
	EQUAL(docker.closed, 0);
	docker.held = false;
	EQUAL_TEXT(container_of(names, &s), "web");
	CHECK(!names_now(names, &s)->pod);
	CHECK(!names_now(names, &s)->pod_namespace);
	EQUAL(docker.asked, 1);
	CHECK(!strncmp(docker.request, "GET /containers/0000", 20));
	CHECK(strstr(docker.request, "1/json HTTP/1.0\r\n"));
	names_stop(names);
}

static void a_record_without_process_or_container_asks_nobody(void)
{
	struct names *names = names_for_test(60000);
	struct ringside_event event = { .kind = RINGSIDE_RECORD };
	struct sender s;

	stand_in_reset(&docker);
	CHECK(!names_of(names, &event));
	sender_fill(&s, "/system.slice/%.0scron.service", 0);
	CHECK(!container_now(names, &s));
	sender_fill(&s, DOCKER_CGROUP, 2);
	container_of(names, &s);
	EQUAL(docker.asked, 1);
	names_stop(names);
}

static void a_pod_has_its_names(void)
{
	struct names *names = names_for_test(60000);
	struct sender s;

	docker.answer = OK "\r\n{\"Name\":\"/k8s_nginx_web-1_prod_0\",\"Config\":{\"Labels\":{"
			   "\"io.kubernetes.container.name\":\"nginx\",\"io.kubernetes.pod.name\":\"web-1\","
			   "\"io.kubernetes.pod.namespace\":\"prod\",\"other\":7}}}";
	sender_fill(&s, DOCKER_CGROUP, 3);
	EQUAL_TEXT(container_of(names, &s), "nginx");
	EQUAL_TEXT(names_now(names, &s)->pod, "web-1");
	EQUAL_TEXT(names_now(names, &s)->pod_namespace, "prod");
	names_stop(names);
}

/* It answers with a length and does not close, with a length that cuts off what follows, or until it closes. */
static void an_answer_ends_in_its_way(void)
{
	static const char *const answers[] = {
		OK "Content-Length: 16\r\n\r\n{\"Name\":\"/ends\"}",
		OK "content-length:16\r\n\r\n{\"Name\":\"/ends\"}HTTP/1.1 garbage {{{",
		"HTTP/1.1 200 OK\r\n\r\n{\"Name\":\"ends\"}",
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct names *names = names_for_test(60000);
		struct sender s;

		docker.answer = answers[i];
		sender_fill(&s, DOCKER_CGROUP, 4);
		EQUAL_TEXT(container_of(names, &s), "ends");
		names_stop(names);
	}
}

static void each_runtime_is_asked_for_its_own(void)
{
	struct names *names = names_for_test(60000);
	struct sender s;

	stand_in_reset(&docker);
	stand_in_reset(&podman);
	docker.answer = OK "\r\n{\"Name\":\"/of-docker\"}";
	podman.answer = OK "\r\n{\"Name\":\"/of-podman\"}";
	sender_fill(&s, "/machine.slice/libpod-%s.scope", 5);
	EQUAL_TEXT(container_of(names, &s), "of-podman");
	sender_fill(&s, DOCKER_CGROUP, 6);
	EQUAL_TEXT(container_of(names, &s), "of-docker");
	EQUAL(docker.asked, 1);
	EQUAL(podman.asked, 1);

	/* the cgroup does not tell: all are asked */
	docker.answer = "HTTP/1.0 404 Not Found\r\n\r\n{\"message\":\"No such container\"}";
	sender_fill(&s, "/kubepods/pod" UID_DASHES "/%s", 7);
	EQUAL_TEXT(container_of(names, &s), "of-podman");
	EQUAL(docker.asked, 2);
	names_stop(names);
}

static void a_container_that_is_not_there_is_asked_for_again_later(void)
{
	struct names *names = names_for_test(60000);
	struct sender s, after;

	stand_in_reset(&docker);
	docker.answer = "HTTP/1.0 404 Not Found\r\n\r\n{\"message\":\"No such container\"}";
	sender_fill(&s, DOCKER_CGROUP, 8);
	RECORDS_UNTIL(names, &s, docker.closed == 1);
	sender_fill(&after, "/machine.slice/libpod-%s.scope", 88);
	container_of(names, &after); /* in order: the first answer has come before */
	docker.answer = OK "\r\n{\"Name\":\"/late\"}";
	the_time += 9 * SECOND;
	for (int i = 0; i < 1000; i++)
		CHECK(!container_now(names, &s));
	EQUAL(docker.asked, 1);
	the_time += 2 * SECOND;
	EQUAL_TEXT(container_of(names, &s), "late");
	names_stop(names);
}

static void a_new_name_is_noticed(void)
{
	struct names *names = names_for_test(60000);
	struct sender s;

	stand_in_reset(&docker);
	docker.answer = OK "\r\n{\"Name\":\"/old\"}";
	sender_fill(&s, DOCKER_CGROUP, 9);
	EQUAL_TEXT(container_of(names, &s), "old");
	docker.answer = OK "\r\n{\"Name\":\"/new\"}";
	the_time += 299 * SECOND;
	for (int i = 0; i < 1000; i++)
		EQUAL_TEXT(container_now(names, &s), "old");
	EQUAL(docker.asked, 1);
	the_time += 2 * SECOND;
	EQUAL_TEXT(container_now(names, &s), "old"); /* until it is known */
	RECORDS_UNTIL(names, &s, !strcmp(container_now(names, &s), "new"));
	EQUAL(docker.asked, 2);

	/* and when it is removed, records of it that are still to come have the name it had */
	docker.answer = "HTTP/1.0 404 Not Found\r\n\r\n";
	the_time += 301 * SECOND;
	RECORDS_UNTIL(names, &s, docker.closed == 3);
	for (int i = 0; i < 1000; i++)
		EQUAL_TEXT(container_now(names, &s), "new");
	names_stop(names);
}

static void without_containers_nobody_is_asked(void)
{
	struct names *names = names_start(&(struct names_options){ .containers = false, .passwd = "/dev/null" });
	struct sender s;

	stand_in_reset(&docker);
	sender_fill(&s, DOCKER_CGROUP, 10);
	for (int i = 0; i < 50; i++) {
		CHECK(!container_now(names, &s));
		nap();
	}
	EQUAL(docker.asked, 0);
	names_stop(names);
}

int main(void)
{
	stand_in_paths();
	stand_in_start(&docker, "DOCKER_HOST");
	stand_in_start(&podman, "CONTAINER_HOST");
	no_record_waits();
	a_record_without_process_or_container_asks_nobody();
	a_pod_has_its_names();
	an_answer_ends_in_its_way();
	each_runtime_is_asked_for_its_own();
	a_container_that_is_not_there_is_asked_for_again_later();
	a_new_name_is_noticed();
	without_containers_nobody_is_asked();
	return 0;
}
