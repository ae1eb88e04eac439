// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Whatever a runtime answers, no harm is done, and what is taken for a name fits. */
#include "grpc_stand_in.h"
#include "runtime_socket.h"
#include "runtimes.h"

#define OK "HTTP/1.0 200 OK\r\n\r\n"

typedef int asker(struct runtime_socket *socket, const char *id, struct lookup_answer *answer);

static struct lookup_answer answer;
static int patience_ms = 30000;

struct speech {
	int fd;
	const void *bytes;
	size_t length;
};

static void *speak(void *context)
{
	struct speech *s = context;
	char heard[4096];

	write_all(s->fd, s->bytes, s->length);
	shutdown(s->fd, SHUT_WR);
	while (recv(s->fd, heard, sizeof(heard), 0) > 0)
		;
	return NULL;
}

/* Asks somebody who says this and then no more. */
static int ask_in(asker *ask, const char *id, const void *bytes, size_t length)
{
	struct runtime_socket socket = { .stop = -1, .timeout_ms = patience_ms };
	struct speech speech = { .bytes = bytes, .length = length };
	struct timespec t;
	pthread_t thread;
	int pair[2], status;

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	socket.fd = pair[0];
	CHECK(!fcntl(pair[0], F_SETFL, O_NONBLOCK));
	clock_gettime(CLOCK_MONOTONIC, &t);
	socket.until_ns = (int64_t)t.tv_sec * SECOND + t.tv_nsec + patience_ms * (SECOND / 1000);
	speech.fd = pair[1];
	memset(&answer, 0, sizeof(answer));
	if (length > 60000)
		CHECK(!pthread_create(&thread, NULL, speak, &speech));
	else
		CHECK(send(pair[1], bytes, length, MSG_NOSIGNAL) == (ssize_t)length && !shutdown(pair[1], SHUT_WR));
	status = ask(&socket, id, &answer);
	runtime_close(&socket);
	if (length > 60000)
		CHECK(!pthread_join(thread, NULL));
	close(pair[1]);
	CHECK(memchr(answer.name, '\0', sizeof(answer.name)));
	CHECK(memchr(answer.pod, '\0', sizeof(answer.pod)));
	CHECK(memchr(answer.pod_namespace, '\0', sizeof(answer.pod_namespace)));
	return status;
}

static int ask_docker(const char *bytes, size_t length)
{
	return ask_in(runtime_docker_ask, "ab", bytes, length);
}

/* BEFORE, COUNT times AGAIN, AFTER */
static char *long_text(const char *before, const char *again, size_t count, const char *after, size_t *length)
{
	size_t one = strlen(again);
	char *text = malloc(strlen(before) + count * one + strlen(after) + 1), *to;

	CHECK(text);
	to = stpcpy(text, before);
	for (size_t i = 0; i < count; i++, to += one)
		memcpy(to, again, one);
	to = stpcpy(to, after);
	*length = (size_t)(to - text);
	return text;
}

static int ask_long(const char *before, const char *again, size_t count, const char *after)
{
	size_t length;
	char *text = long_text(before, again, count, after, &length);
	int status = ask_docker(text, length);

	free(text);
	return status;
}

static int ask_text(const char *text)
{
	return ask_docker(text, strlen(text));
}

static void names_are_cut_between_characters(void)
{
	EQUAL(ask_long(OK "{\"Name\":\"/", "x", 10000, "\"}"), 1);
	EQUAL(strlen(answer.name), sizeof(answer.name) - 2);
	EQUAL(ask_long(OK "{\"Name\":\"/x", "\xe2\x82\xac", 10000, "\"}"), 1);
	EQUAL(strlen(answer.name), 1 + 84 * 3);
	EQUAL_TEXT(answer.name + 1 + 83 * 3, "\xe2\x82\xac");
	EQUAL(ask_long(OK "{\"Name\":\"n\",\"Config\":{\"Labels\":{\"io.kubernetes.pod.namespace\":\"", "\xf0\x9f\x98\x80",
		       100, "\"}}}"), 1);
	EQUAL(strlen(answer.pod_namespace), 60);
}

static void what_is_no_text_is_no_name(void)
{
	EQUAL(ask_text(OK "{\"Name\":\"/a\\u0000b\"}"), 1);
	EQUAL_TEXT(answer.name, "a");
	EQUAL(ask_text(OK "{\"Name\":\"/web\",\"Config\":{\"Labels\":{\"x\":\"\\u0000\"}}}"), 1);
	EQUAL_TEXT(answer.name, "web");
	EQUAL(ask_text(OK "{\"Name\":\"/web\",\"Config\":{\"Labels\":{\"io.kubernetes.pod.name\":\"\\u0000\"}}}"), 1);
	EQUAL_TEXT(answer.pod, "");
	EQUAL(ask_text(OK "{\"Name\":\"\xff\xfe\"}"), -EPROTO);
	EQUAL(ask_docker(OK "{\"Name\":\"a\0b\"}", sizeof(OK "{\"Name\":\"a\0b\"}") - 1), -EPROTO);
	EQUAL(ask_text(OK "{\"Name\":\"\"}"), 1);
	EQUAL_TEXT(answer.name, "");
	EQUAL(ask_text(OK "{\"Name\":\"/\"}"), 1);
	EQUAL_TEXT(answer.name, "");
	EQUAL(ask_text(OK "{\"Name\":[\"/web\"]}"), -EPROTO);
	EQUAL(ask_text(OK "{\"Name\":null}"), -EPROTO);
	EQUAL(ask_text(OK "null"), -EPROTO);
	EQUAL(ask_text(OK "{\"Name\":\"/web\",\"Config\":7}"), 1);
	EQUAL(ask_text(OK "{\"Name\":\"/web\",\"Config\":{\"Labels\":[\"io.kubernetes.pod.name\"]}}"), 1);
	EQUAL(ask_text(OK "{\"Name\":\"/web\",\"Config\":{\"Labels\":{\"io.kubernetes.pod.name\":{}}}}"), 1);
	EQUAL_TEXT(answer.name, "web");
	EQUAL_TEXT(answer.pod, "");
}

static void what_is_large_or_deep_ends(void)
{
	EQUAL(ask_long(OK "{\"Name\":\"/web\",\"x\":", "[", 200000, ""), -EPROTO);
	EQUAL(ask_long(OK, "{\"a\":", 200000, "1"), -EPROTO);
	EQUAL(ask_long(OK "{\"Name\":\"/web\",\"x\":[", "[],", 300000, "0]}"), 1);
	EQUAL(ask_long(OK "{\"Name\":\"/web\",\"x\":[", "[],", 400000, "0]}"), -EMSGSIZE);
	EQUAL(ask_long(OK, " ", 3 << 20, ""), -EMSGSIZE);
	EQUAL(ask_long("HTTP/1.0 200 OK\r\n", "X: y\r\n", 100000, "\r\n{}"), -EPROTO);
	EQUAL(ask_long("HTTP/1.0 200 OK\r\nX: ", "y", 100000, "\r\n\r\n{}"), -EPROTO);
}

static void a_length_is_not_believed(void)
{
	EQUAL(ask_text("HTTP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n{}"), -EPROTO);
	EQUAL(ask_text("HTTP/1.0 200 OK\r\nContent-Length: \r\n\r\n{}"), -EPROTO);
	EQUAL(ask_text("HTTP/1.0 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n{}"), -EMSGSIZE);
	EQUAL(ask_text("HTTP/1.0 200 OK\r\nContent-Length: 1048576\r\n\r\n{}"), -EMSGSIZE);
	EQUAL(ask_text("HTTP/1.0 200 OK\r\nContent-Length: 1048575\r\n\r\n{}"), -EPIPE);
	EQUAL(ask_text("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"), -EPROTO);
	EQUAL(ask_text("HTTP/1.0\r\n\r\n"), -EREMOTEIO);
	EQUAL(ask_text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{\"Name\":\"/web\"}"), -EPROTO);
	EQUAL(ask_text("HTTP/1.0 404 Not Found\r\n\r\n{\"Name\":\"/web\"}"), 0);
	EQUAL(ask_text("HTTP/1.0 403 Forbidden\r\n\r\n{\"Name\":\"/web\"}"), -EACCES);
	EQUAL(ask_text("HTTP/1.0 503 Service Unavailable\r\n\r\n{\"Name\":\"/web\"}"), -EREMOTEIO);
	EQUAL(ask_text("HTTP/2 200\r\n\r\n"), -EPROTO);
	EQUAL(ask_text("\r\n\r\n"), -EPROTO);
	EQUAL(ask_text(""), -EPIPE);
}

/* The id goes into a path. */
static void nothing_but_an_id_is_asked_for(void)
{
	EQUAL(ask_in(runtime_docker_ask, "../../images", OK "{\"Name\":\"x\"}", sizeof(OK "{\"Name\":\"x\"}") - 1), 0);
	EQUAL(ask_in(runtime_docker_ask, "", OK "{\"Name\":\"x\"}", sizeof(OK "{\"Name\":\"x\"}") - 1), 0);
}

/* ------------------------------------------------------------------ at random */

static void mutate(uint64_t *random, uint8_t *bytes, size_t *length)
{
	for (uint64_t k = random_below(random, 4); k > 0; k--)
		bytes[random_below(random, *length)] = (uint8_t)random_u64(random);
	if (random_below(random, 3) == 0)
		bytes[random_below(random, *length)] ^= (uint8_t)(1u << random_below(random, 8));
	if (random_below(random, 8) == 0)
		*length = 1 + random_below(random, *length);
}

static void damaged_answers_of_docker(uint64_t *random)
{
	static const char whole[] = "HTTP/1.0 200 OK\r\nContent-Length: 118\r\n\r\n"
				    "{\"Name\":\"/k8s\",\"Config\":{\"Labels\":{\"io.kubernetes.pod.name\":\"web-1\","
				    "\"io.kubernetes.pod.namespace\":\"prod\",\"x\":[1,{}]}}}";
	int found = 0;

	EQUAL(ask_text(whole), 1);
	EQUAL_TEXT(answer.pod, "web-1");
	for (int i = 0; i < 20000; i++) {
		uint8_t bytes[sizeof(whole)];
		size_t length = sizeof(whole) - 1;

		memcpy(bytes, whole, sizeof(whole));
		mutate(random, bytes, &length);
		found += ask_docker((char *)bytes, length) == 1;
	}
	CHECK(found > 100 && found < 19900);
}

/* ------------------------------------------------------------------ of gRPC */

static void put_frame(struct message *to, int type, int flags, int stream, const void *payload, size_t length)
{
	const uint8_t head[] = { 0, (uint8_t)(length >> 8), (uint8_t)length, (uint8_t)type, (uint8_t)flags, 0, 0, 0, (uint8_t)stream };

	memcpy(to->bytes + to->length, head, 9);
	memcpy(to->bytes + to->length + 9, payload, length);
	to->length += 9 + length;
}

enum { DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, PING = 6, GOAWAY = 7, CONTINUATION = 9 };
enum { END_STREAM = 1, END_HEADERS = 4 };

#define GRPC_OK "\x00\x0bgrpc-status\x01" "0" /* a literal of HPACK */

static const char *const the_id = "00000000000000000000000000000000000000000000000000000000000000ab";

/* To the first question, for containers, that it has this one, in so many bytes more than they are. */
static void put_answer(struct message *to, int more)
{
	struct message list = {}, framed = {};

	put_cri_container(&list, the_id, "nginx", "web-1", "prod");
	framed.bytes[4] = (uint8_t)((int)list.length + more);
	framed.bytes[3] = (uint8_t)(((int)list.length + more) >> 8);
	memcpy(framed.bytes + 5, list.bytes, list.length);
	put_frame(to, SETTINGS, 0, 0, "", 0);
	put_frame(to, HEADERS, END_HEADERS, 1, "\x88", 1); /* :status 200 */
	put_frame(to, DATA, 0, 1, framed.bytes, 5 + list.length);
	put_frame(to, HEADERS, END_HEADERS | END_STREAM, 1, GRPC_OK, sizeof(GRPC_OK) - 1);
}

static int ask_cri(const struct message *m)
{
	return ask_in(runtime_cri_ask, the_id, m->bytes, m->length);
}

static void damaged_answers_of_grpc(uint64_t *random)
{
	struct message whole = {};
	int found = 0;

	put_answer(&whole, 0);
	EQUAL(ask_cri(&whole), 1);
	EQUAL_TEXT(answer.name, "nginx");
	EQUAL_TEXT(answer.pod, "web-1");
	EQUAL_TEXT(answer.pod_namespace, "prod");
	for (int i = 0; i < 20000; i++) {
		struct message m = whole;

		mutate(random, m.bytes, &m.length);
		found += ask_cri(&m) == 1;
	}
	CHECK(found > 100 && found < 19900);
}

static void a_length_in_grpc_is_not_believed(void)
{
	static const int more[] = { -256, -1, 1, 1000, 60000 };

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		struct message answered = {};

		put_answer(&answered, more[i]);
		EQUAL(ask_cri(&answered), -EPROTO);
	}
}

static void frames_that_never_come_to_an_answer(void)
{
	static const struct {
		int type, flags, stream;
		const char *payload;
		size_t length;
		int status; /* 0: any error */
	} frames[] = {
		{ PING, 0, 0, "12345678", 8 },
		{ SETTINGS, 0, 0, "", 0 },
		{ DATA, 0, 1, "", 0 },
		{ HEADERS, 0, 1, "\x88", 1 }, /* and CONTINUATION without end */
		{ DATA, 0, 3, "x", 1 },
		{ 77, 0, 1, "an unknown one", 14, -EMSGSIZE },
		{ GOAWAY, 0, 0, "\0\0\0\0\0\0\0\0", 8 },
		{ RST_STREAM, 0, 1, "\0\0\0\0", 4 },
	};

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		struct message begin = {}, one = {};
		size_t count = (3 << 20) / (9 + frames[i].length), length;
		uint8_t *bytes;
		int status;

		WHERE("frames %zu", i);
		put_frame(&begin, SETTINGS, 0, 0, "", 0);
		if (frames[i].type == DATA)
			put_frame(&begin, HEADERS, END_HEADERS, 1, "\x88", 1);
		put_frame(&one, frames[i].type, frames[i].flags, frames[i].stream, frames[i].payload, frames[i].length);
		bytes = malloc(begin.length + count * one.length);
		CHECK(bytes);
		memcpy(bytes, begin.bytes, begin.length);
		length = begin.length;
		for (size_t k = 0; k < count; k++, length += one.length) {
			memcpy(bytes + length, one.bytes, one.length);
			if (frames[i].type == HEADERS && k > 0)
				bytes[length + 3] = CONTINUATION;
		}
		patience_ms = 1000; /* who talks does not listen, and an answer to a PING may get stuck */
		status = ask_in(runtime_cri_ask, the_id, bytes, length);
		patience_ms = 30000;
		if (status >= 0 || (frames[i].status && status != frames[i].status))
			TEST_FAIL("status %d", status);
		free(bytes);
	}
	WHERE("%s", "");
}

static void what_is_not_http2_is_not_understood(void)
{
	static const char text[] = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";

	EQUAL(ask_in(runtime_cri_ask, the_id, text, sizeof(text) - 1), -EPROTO);
	EQUAL(ask_in(runtime_cri_ask, the_id, "", 0), -EPIPE);
}

int main(void)
{
	uint64_t random = random_seed();

	stand_in_paths();
	names_are_cut_between_characters();
	what_is_no_text_is_no_name();
	what_is_large_or_deep_ends();
	a_length_is_not_believed();
	nothing_but_an_id_is_asked_for();
	damaged_answers_of_docker(&random);
	damaged_answers_of_grpc(&random);
	a_length_in_grpc_is_not_believed();
	frames_that_never_come_to_an_answer();
	what_is_not_http2_is_not_understood();
	return 0;
}
