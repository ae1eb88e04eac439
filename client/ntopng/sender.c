// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "bytes.h"
#include "endpoint.h"
#include "sender.h"

#define EVENTS_ENDPOINT "inproc://events"
#define IN_SOCKET_MOST 1000 /* messages for each subscriber: few, since what they become is not known here */
#define GONE_MS 60000	    /* a subscriber that takes nothing for so long is disconnected */
#define QUEUE_SIZE (64 << 20)
#define KEY_LENGTH 40
#define REFUSED_SAID_EACH_MS 60000

/* ------------------------------------------------------------------ opening */

static int set_int(struct sender *s, int option, int value)
{
	return zmq_setsockopt(s->socket, option, &value, sizeof(value));
}

/* XPUB is PUB that hears of subscriptions; NODROP lets it say when it is full, instead of dropping in silence. */
static int set_up(struct sender *s)
{
	return set_int(s, ZMQ_XPUB_NODROP, 1) || set_int(s, ZMQ_XPUB_VERBOSE, 1) || set_int(s, ZMQ_SNDHWM, IN_SOCKET_MOST) ||
	       set_int(s, ZMQ_LINGER, 0) || set_int(s, ZMQ_IPV6, 1) || set_int(s, ZMQ_TCP_MAXRT, GONE_MS);
}

static int set_keys(struct sender *s)
{
	char public[KEY_LENGTH + 1], secret[KEY_LENGTH + 1];
	uint8_t binary[KEY_LENGTH];
	const char *key = s->options.server_key;

	if (!key)
		return 0;
	if (strlen(key) != KEY_LENGTH) {
		warnx("server key: must be %d characters, and has %zu", KEY_LENGTH, strlen(key));
		return -1;
	}
	if (!zmq_z85_decode(binary, key)) {
		warnx("server key: not Z85");
		return -1;
	}
	if (!zmq_has("curve")) {
		warnx("server key: this libzmq was built without CURVE");
		return -1;
	}
	if (zmq_curve_keypair(public, secret) || zmq_setsockopt(s->socket, ZMQ_CURVE_SERVERKEY, key, KEY_LENGTH + 1) ||
	    zmq_setsockopt(s->socket, ZMQ_CURVE_PUBLICKEY, public, KEY_LENGTH + 1) ||
	    zmq_setsockopt(s->socket, ZMQ_CURVE_SECRETKEY, secret, KEY_LENGTH + 1)) {
		warnx("server key: %s", zmq_strerror(zmq_errno()));
		return -1;
	}
	return 0;
}

static int watch_connections(struct sender *s)
{
	if (!zmq_socket_monitor(s->socket, EVENTS_ENDPOINT, ZMQ_EVENT_ALL) && (s->events = zmq_socket(s->context, ZMQ_PAIR)) &&
	    !zmq_connect(s->events, EVENTS_ENDPOINT))
		return 0;
	warnx("watch connections: %s", zmq_strerror(zmq_errno()));
	return -1;
}

/* Watched before it connects, to miss nothing, but after it has bound: watching spoils errno when that fails. */
static int attach_watched(struct sender *s, const char *endpoint)
{
	int status;

	if (s->connects && watch_connections(s))
		return -1;
	status = s->connects ? zmq_connect(s->socket, endpoint) : zmq_bind(s->socket, endpoint);
	if (status)
		warnx("%s %s: %s", s->connects ? "connect to" : "bind", endpoint, zmq_strerror(zmq_errno()));
	else if (s->options.verbose)
		warnx("%s %s", s->connects ? "connecting to" : "bound to", endpoint);
	return status || (!s->connects && watch_connections(s)) ? -1 : 0;
}

static int attach(struct sender *s)
{
	char *endpoint = strdup(s->options.endpoint);
	size_t length = strlen(endpoint);
	const char *fault;
	int status;

	s->connects = length && endpoint[length - 1] == 'c';
	if (s->connects)
		endpoint[length - 1] = '\0';
	fault = s->connects ? endpoint_fault(endpoint) : NULL;
	if (fault)
		warnx("connect to %s: %s", endpoint, fault);
	status = fault ? -1 : attach_watched(s, endpoint);
	free(endpoint);
	return status;
}

int sender_open(struct sender *s, const struct sender_options *options)
{
	*s = (struct sender){ .options = *options, .next_id = options->first_id };
	if (queue_open(&s->queue, options->queue_most, QUEUE_SIZE)) {
		warn("queue");
		return -1;
	}
	s->context = zmq_ctx_new();
	s->socket = s->context ? zmq_socket(s->context, ZMQ_XPUB) : NULL;
	if (!s->socket || set_up(s)) {
		warnx("open a socket: %s", zmq_strerror(zmq_errno()));
		return -1;
	}
	return set_keys(s) || attach(s) ? -1 : 0;
}

void sender_close(struct sender *s, int linger_ms)
{
	if (s->socket) {
		zmq_socket_monitor(s->socket, NULL, 0);
		set_int(s, ZMQ_LINGER, linger_ms);
		zmq_close(s->socket);
	}
	if (s->events) {
		int none = 0;

		zmq_setsockopt(s->events, ZMQ_LINGER, &none, sizeof(none));
		zmq_close(s->events);
	}
	if (s->context)
		zmq_ctx_term(s->context);
	queue_close(&s->queue);
	s->socket = s->events = s->context = NULL;
}

/* ------------------------------------------------------------------ who is there */

void sender_fds(const struct sender *s, int fds[SENDER_FDS])
{
	size_t size = sizeof(*fds);

	zmq_getsockopt(s->socket, ZMQ_FD, &fds[0], &size);
	size = sizeof(*fds);
	zmq_getsockopt(s->events, ZMQ_FD, &fds[1], &size);
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* With the wrong key nothing arrives, and each attempt is refused; one word a minute says so. */
static void refused(struct sender *s)
{
	long long now = now_ms();

	if (s->refused_said_ms && now - s->refused_said_ms < REFUSED_SAID_EACH_MS)
		return;
	s->refused_said_ms = now;
	warnx("%s: the other side refuses: %s", s->options.endpoint,
	      s->options.server_key ? "is the server key its public key?" : "does it ask for encryption (--server-key)?");
}

static void connection_event(struct sender *s, int event)
{
	switch (event) {
	case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
		if (s->options.verbose)
			warnx("connected");
		break;
	case ZMQ_EVENT_DISCONNECTED:
		/* who connected keeps the subscriptions, though the one who comes back may not want them yet */
		if (s->connects)
			topics_forget(&s->topics);
		if (s->options.verbose)
			warnx("disconnected");
		break;
	case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
	case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
	case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
		refused(s);
		break;
	default:
		break;
	}
}

static void hear_connections(struct sender *s)
{
	uint8_t event[6], address[256];
	uint16_t number;

	while (zmq_recv(s->events, event, sizeof(event), ZMQ_DONTWAIT) == sizeof(event)) {
		zmq_recv(s->events, address, sizeof(address), ZMQ_DONTWAIT);
		memcpy(&number, event, sizeof(number));
		connection_event(s, number);
	}
}

static void hear_subscriptions(struct sender *s)
{
	unsigned char message[PREFIX_MOST + 2];
	int length;

	while ((length = zmq_recv(s->socket, message, sizeof(message), ZMQ_DONTWAIT)) >= 0) {
		if (length < 1 || length > (int)sizeof(message))
			continue;
		if (topics_change(&s->topics, message, (size_t)length) && s->options.verbose)
			warnx("%s: %.*s", *message ? "subscribed" : "no longer subscribed", length - 1, message + 1);
	}
}

/* ------------------------------------------------------------------ sending */

/* Returns whether the socket took it; what it did not take has no number yet. */
static bool try_send(struct sender *s, enum topic topic, const void *payload, size_t size)
{
	uint8_t header[HEADER_MOST];
	bool tlv = topic == TOPIC_FLOW && s->options.tlv;
	size_t length = header_make(header, &s->options.header, topic_name(topic), tlv, size, s->next_id);

	if (zmq_send(s->socket, header, length, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) {
		s->blocked = true;
		return false;
	}
	/* fullness is judged by whole messages, and this one was begun */
	if (zmq_send(s->socket, payload, size, 0) < 0)
		errx(1, "send: %s", zmq_strerror(zmq_errno()));
	s->blocked = false;
	s->next_id++;
	s->sent++;
	s->flows_sent += topic == TOPIC_FLOW;
	return true;
}

static void drop(struct sender *s, uint64_t count)
{
	s->next_id += (uint32_t)count;
	s->dropped += count;
}

void sender_work(struct sender *s)
{
	const void *payload;
	size_t size;
	int topic;

	hear_connections(s);
	hear_subscriptions(s);
	while ((payload = queue_first(&s->queue, &topic, &size))) {
		if (sender_wants(s, topic) ? !try_send(s, topic, payload, size) : topic == TOPIC_FLOW)
			break;
		queue_pop(&s->queue);
	}
}

bool sender_wants(const struct sender *s, enum topic topic)
{
	return topics_want(&s->topics, topic);
}

void sender_send(struct sender *s, enum topic topic, const void *payload, size_t size)
{
	/* in their order, but for those that wait for somebody to want them */
	bool in_turn = !s->queue.count || !sender_wants(s, TOPIC_FLOW);

	if (!in_turn || !sender_wants(s, topic) || !try_send(s, topic, payload, size))
		drop(s, queue_push(&s->queue, topic, payload, size));
}

bool sender_is_blocked(const struct sender *s)
{
	return s->blocked && s->queue.count;
}

void sender_give_up(struct sender *s)
{
	drop(s, s->queue.count);
	while (s->queue.count)
		queue_pop(&s->queue);
}
