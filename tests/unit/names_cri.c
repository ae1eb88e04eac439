// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Containers and pods of containerd and cri-o have their names, by CRI or by containerd's own interface. */
#include "grpc_stand_in.h"

#define CRI "/runtime.v1.RuntimeService/ListContainers"
#define CONTAINERD "/containerd.services.containers.v1.Containers/Get"

static struct stand_in server = { .serve = serve_grpc };
static unsigned int number; /* of the container; each is asked for but once */

static const char *id_of(unsigned int n)
{
	static char id[65];

	snprintf(id, sizeof(id), "%064x", n);
	return id;
}

static void new_case(void)
{
	stand_in_reset(&server);
	memset(grpc.replies, 0, sizeof(grpc.replies));
	grpc.calls = 0;
	grpc.endless = false;
	number++;
}

static void a_pod_is_named_by_its_runtime(void)
{
	static const char *const cgroups[] = {
		"/kubepods.slice/kubepods-pod" UID_LOW ".slice/cri-containerd-%s.scope",
		"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_LOW ".slice/crio-%s.scope",
		"/kubepods/besteffort/pod" UID_DASHES "/%s",
	};

	for (size_t i = 0; i < sizeof(cgroups) / sizeof(cgroups[0]); i++) {
		struct names *names = names_for_test(60000);
		struct message list = {}, filter = {}, request = {};
		struct sender s;

		new_case();
		put_cri_container(&list, id_of(number), "nginx", "web-1", "prod");
		grpc.replies[0] = (struct grpc_reply){ .path = CRI, .message = list.bytes, .length = list.length };
		sender_fill(&s, cgroups[i], number);
		EQUAL_TEXT(container_of(names, &s), "nginx");
		EQUAL_TEXT(names_now(names, &s)->pod, "web-1");
		EQUAL_TEXT(names_now(names, &s)->pod_namespace, "prod");
		EQUAL(grpc.calls, 1);
		names_stop(names);

		put_text(&filter, 1, id_of(number));
		put_message(&request, 1, &filter);
		EQUAL(grpc.request_length, 5 + request.length);
		CHECK(!memcmp(grpc.request, "\0\0\0\0", 4));
		EQUAL(grpc.request[4], request.length);
		CHECK(!memcmp(grpc.request + 5, request.bytes, request.length));
	}
}

/* Whoever filters by the beginning of an id, or not at all. */
static void another_container_gives_no_name(void)
{
	struct names *names = names_for_test(60000);
	struct message list = {};
	struct sender s;

	new_case();
	put_cri_container(&list, id_of(number + 1000), "other", "other", "other");
	put_cri_container(&list, id_of(number), "nginx", NULL, NULL);
	put_cri_container(&list, "", "empty", "empty", "empty");
	grpc.replies[0] = (struct grpc_reply){ .path = CRI, .message = list.bytes, .length = list.length };
	sender_fill(&s, CONTAINERD_CGROUP, number);
	EQUAL_TEXT(container_of(names, &s), "nginx");
	CHECK(!names_now(names, &s)->pod);
	CHECK(!names_now(names, &s)->pod_namespace);
	names_stop(names);
}

static void a_container_of_nerdctl_is_named_by_its_label(void)
{
	static const char *const in[] = { "default", "k8s.io" };

	for (size_t i = 0; i < 2; i++) {
		struct names *names = names_for_test(60000);
		struct message answer = {}, container = {}, empty = {};
		struct sender s;

		new_case();
		put_text(&container, 1, id_of(number));
		put_label(&container, 2, "nerdctl/name", "db");
		put_text(&container, 3, "docker.io/library/postgres");
		put_message(&answer, 1, &container);
		grpc.replies[0] = (struct grpc_reply){ .path = CRI, .message = empty.bytes };
		grpc.replies[1] = (struct grpc_reply){
			.path = CONTAINERD, .in = in[i], .message = answer.bytes, .length = answer.length };
		if (i == 0)
			grpc.replies[0].path = NULL; /* it has no CRI */
		else
			grpc.replies[2] = (struct grpc_reply){ .path = CONTAINERD, .in = "default", .status = 5 };
		sender_fill(&s, "/system.slice/nerdctl-%s.scope", number);
		EQUAL_TEXT(container_of(names, &s), "db");
		CHECK(!names_now(names, &s)->pod);
		EQUAL(grpc.calls, 2 + i);
		EQUAL_TEXT(grpc.path[0], CRI);
		EQUAL_TEXT(grpc.in[0], "");
		EQUAL_TEXT(grpc.in[1], "default");
		EQUAL(server.asked, 1); /* in one connection */
		names_stop(names);
	}
}

/* What is said, and whether it is asked for the next container as well. */
static void each_failure_has_its_name(void)
{
	static const struct {
		struct grpc_reply reply;
		const char *said;
		bool asked_again;
	} failures[] = {
		{ { .path = CRI, .status = 5 }, NULL, true },
		{ { .path = CRI, .status = 12 }, NULL, true },
		{ { .path = CRI, .message = "" }, NULL, true },
		{ { .path = CRI, .status = 2 }, "it failed", false },
		{ { .path = CRI, .status = 14, .message = "" }, "it failed", false },
		{ { .path = CRI, .status = 7 }, NULL, false },
		{ { .path = CRI, .http_status = 404 }, "it failed", false },
		{ { .path = CRI, .status = -1 }, "its answer is not understood", false },
		{ { .path = CRI, .status = -1, .message = "" }, "its answer is not understood", false },
		{ { .path = CRI, .message = "", .compressed = true }, "its answer is not understood", false },
		{ { .path = CRI, .message = "", .claimed = 1 }, "its answer is not understood", false },
		{ { .path = CRI, .message = "", .claimed = 0xffffffff }, "its answer is not understood", false },
		{ { .path = CRI, .message = "\x0a\xff\xff\xff\xff\x0f", .length = 6 }, "its answer is not understood", false },
		{ { .path = CRI, .message = "\x0a\x02\x1a\x05", .length = 4 }, "its answer is not understood", false },
		{ { .path = CRI, .message = "\x0b", .length = 1 }, "its answer is not understood", false },
	};

	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		struct names *names = names_for_test(60000);
		char expected[256] = "";
		struct sender s;

		WHERE("failure %zu", i);
		new_case();
		grpc.replies[0] = failures[i].reply;
		said_begin();
		sender_fill(&s, CONTAINERD_CGROUP, number);
		RECORDS_UNTIL(names, &s, server.closed == 1);
		sender_fill(&s, CONTAINERD_CGROUP, ++number);
		if (failures[i].asked_again) {
			RECORDS_UNTIL(names, &s, server.closed == 2);
		} else {
			for (int k = 0; k < 20; k++) {
				CHECK(!container_now(names, &s));
				nap();
			}
			EQUAL(server.asked, 1);
		}
		names_stop(names);
		if (failures[i].said)
			snprintf(expected, sizeof(expected), "%s: ask containerd for container names: %s: %s\n",
				 program_invocation_short_name, server.path, failures[i].said);
		EQUAL_TEXT(said_end(), expected);
	}
	WHERE("%s", "");
}

static void an_answer_without_end_is_cut_off(void)
{
	struct names *names = names_for_test(60000);
	char expected[256];
	struct sender s;

	new_case();
	grpc.endless = true;
	grpc.replies[0] = (struct grpc_reply){ .path = CRI, .message = "endless", .length = 7 };
	said_begin();
	for (int i = 1; i <= 2; i++) { /* and it is asked for the next one */
		sender_fill(&s, CONTAINERD_CGROUP, ++number);
		RECORDS_UNTIL(names, &s, server.closed == i);
	}
	names_stop(names);
	snprintf(expected, sizeof(expected), "%s: ask containerd for container names: %s: its answer is too long\n",
		 program_invocation_short_name, server.path);
	EQUAL_TEXT(said_end(), expected);
}

int main(void)
{
	stand_in_paths();
	stand_in_start(&server, "CONTAINER_RUNTIME_ENDPOINT");
	a_pod_is_named_by_its_runtime();
	another_container_gives_no_name();
	a_container_of_nerdctl_is_named_by_its_label();
	each_failure_has_its_name();
	an_answer_without_end_is_cut_off();
	return 0;
}
