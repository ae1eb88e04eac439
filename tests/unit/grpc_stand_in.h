/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* grpc_stand_in.h - containerd and cri-o, as far as a question for one container needs them. */
#ifndef RINGSIDE_TEST_GRPC_STAND_IN_H
#define RINGSIDE_TEST_GRPC_STAND_IN_H

#include <nghttp2/nghttp2.h>

#include "stand_in.h"

/* ------------------------------------------------------------------ protobuf */

struct message {
	uint8_t bytes[8192];
	size_t length;
};

static inline void put_varint(struct message *m, uint64_t value)
{
	for (; value > 127; value >>= 7)
		m->bytes[m->length++] = (uint8_t)(value | 0x80);
	m->bytes[m->length++] = (uint8_t)value;
}

static inline void put_bytes(struct message *m, uint64_t field, const void *bytes, size_t length)
{
	CHECK(m->length + length + 20 < sizeof(m->bytes));
	put_varint(m, field << 3 | 2);
	put_varint(m, length);
	memcpy(m->bytes + m->length, bytes, length);
	m->length += length;
}

static inline void put_text(struct message *m, uint64_t field, const char *text)
{
	put_bytes(m, field, text, strlen(text));
}

static inline void put_number(struct message *m, uint64_t field, uint64_t value)
{
	put_varint(m, field << 3);
	put_varint(m, value);
}

static inline void put_message(struct message *m, uint64_t field, const struct message *inner)
{
	put_bytes(m, field, inner->bytes, inner->length);
}

static inline void put_label(struct message *m, uint64_t field, const char *key, const char *value)
{
	struct message pair = {};

	put_text(&pair, 1, key);
	put_text(&pair, 2, value);
	put_message(m, field, &pair);
}

/* runtime.v1.Container, with fields that nobody here asks for; POD and IN may be NULL. */
static inline void put_cri_container(struct message *m, const char *id, const char *name, const char *pod, const char *in)
{
	struct message container = {}, metadata = {}, image = {};

	put_text(&container, 1, id);
	put_text(&container, 2, "0123456789abcdef");
	put_text(&metadata, 1, name);
	put_number(&metadata, 2, 3);
	put_message(&container, 3, &metadata);
	put_text(&image, 1, "registry.k8s.io/pause");
	put_message(&container, 4, &image);
	put_text(&container, 5, "sha256:7");
	put_number(&container, 6, 1);
	put_number(&container, 7, 1795233232411769000);
	if (pod)
		put_label(&container, 8, "io.kubernetes.pod.name", pod);
	put_label(&container, 8, "app.kubernetes.io/name", "nothing");
	if (in)
		put_label(&container, 8, "io.kubernetes.pod.namespace", in);
	put_label(&container, 9, "io.kubernetes.pod.name", "an annotation");
	put_message(m, 1, &container);
}

/* ------------------------------------------------------------------ the server */

struct grpc_reply {
	const char *path;
	const char *in; /* containerd-namespace; NULL: none */
	int status;	/* grpc-status; -1: does not say */
	int http_status;
	bool compressed;
	const void *message; /* NULL: trailers alone */
	size_t length;
	size_t claimed; /* longer than it is; 0: as long as it is */
};

struct grpc_session {
	int fd;
	const struct grpc_reply *reply;
	char path[128], in[64];
	uint8_t framed[16384];
	size_t used, sent;
	bool endless;
};

#define CALLS_MOST 64

static struct grpc_stand_in {
	struct grpc_reply replies[4];
	bool endless;
	/* what was asked */
	atomic_int calls;
	char path[CALLS_MOST][128];
	char in[CALLS_MOST][64];
	uint8_t request[256]; /* of the last call that had one */
	size_t request_length;
} grpc;

static inline void copy_value(char *to, size_t size, const uint8_t *value, size_t length)
{
	snprintf(to, size, "%.*s", (int)length, (const char *)value);
}

static inline int server_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
				size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags, void *context)
{
	struct grpc_session *s = context;

	if (name_length == 5 && !memcmp(name, ":path", 5))
		copy_value(s->path, sizeof(s->path), value, value_length);
	if (name_length == 20 && !memcmp(name, "containerd-namespace", 20))
		copy_value(s->in, sizeof(s->in), value, value_length);
	return 0;
}

static inline int server_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes,
			      size_t length, void *context)
{
	CHECK(grpc.request_length + length <= sizeof(grpc.request));
	memcpy(grpc.request + grpc.request_length, bytes, length);
	grpc.request_length += length;
	return 0;
}

#define NV(name, value) { (uint8_t *)(name), (uint8_t *)(value), strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE }

static inline void submit_status(nghttp2_session *session, int32_t stream, int status)
{
	char text[16] = "";
	nghttp2_nv trailers[] = { NV("grpc-status", text), NV("grpc-message", "words") };

	snprintf(text, sizeof(text), "%d", status);
	trailers[0].valuelen = strlen(text);
	nghttp2_submit_trailer(session, stream, trailers, 2);
}

static inline ssize_t give_reply(nghttp2_session *session, int32_t stream, uint8_t *to, size_t room, uint32_t *flags,
				 nghttp2_data_source *source, void *context)
{
	struct grpc_session *s = context;
	size_t left = s->used - s->sent, length = left < room ? left : room;

	memcpy(to, s->framed + s->sent, length);
	if (s->endless)
		return (ssize_t)length;
	s->sent += length;
	if (s->sent == s->used) {
		*flags |= NGHTTP2_DATA_FLAG_EOF;
		if (s->reply->status >= 0) {
			*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
			submit_status(session, stream, s->reply->status);
		}
	}
	return (ssize_t)length;
}

static inline void reply(nghttp2_session *session, int32_t stream, struct grpc_session *s)
{
	static const struct grpc_reply unknown = { .status = 12, .http_status = 200 };
	char http[16] = "", code[16] = "";
	nghttp2_nv headers[] = { NV(":status", http), NV("content-type", "application/grpc"), NV("grpc-status", code) };
	nghttp2_data_provider body = { .read_callback = give_reply };
	const struct grpc_reply *r = &unknown;
	size_t claimed;

	for (size_t i = 0; i < 4; i++)
		if (grpc.replies[i].path && !strcmp(grpc.replies[i].path, s->path) &&
		    !strcmp(grpc.replies[i].in ? grpc.replies[i].in : "", s->in))
			r = &grpc.replies[i];
	s->reply = r;
	headers[0].valuelen = (size_t)snprintf(http, sizeof(http), "%d", r->http_status ? r->http_status : 200);
	if (!r->message) {
		headers[2].valuelen = (size_t)snprintf(code, sizeof(code), "%d", r->status);
		nghttp2_submit_response(session, stream, headers, r->status < 0 ? 2 : 3, NULL);
		return;
	}
	claimed = r->length + r->claimed;
	CHECK(r->length + 5 < sizeof(s->framed));
	s->framed[0] = r->compressed;
	for (int i = 0; i < 4; i++)
		s->framed[1 + i] = (uint8_t)(claimed >> (24 - 8 * i));
	memcpy(s->framed + 5, r->message, r->length);
	s->used = 5 + r->length;
	s->sent = 0;
	s->endless = grpc.endless;
	nghttp2_submit_response(session, stream, headers, 2, &body);
}

static inline int server_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
	struct grpc_session *s = context;

	if (frame->hd.type == NGHTTP2_HEADERS)
		grpc.request_length = 0;
	if (frame->hd.stream_id == 0 || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return 0;
	CHECK(grpc.calls < CALLS_MOST);
	strcpy(grpc.path[grpc.calls], s->path);
	strcpy(grpc.in[grpc.calls], s->in);
	grpc.calls++;
	reply(session, frame->hd.stream_id, s);
	s->path[0] = s->in[0] = '\0';
	return 0;
}

static inline bool server_send(nghttp2_session *session, int fd)
{
	const uint8_t *bytes;
	ssize_t length;

	while ((length = nghttp2_session_mem_send(session, &bytes)) > 0)
		if (send(fd, bytes, (size_t)length, MSG_NOSIGNAL) != length)
			return false;
	return length == 0;
}

static inline void serve_grpc(struct stand_in *in, int fd)
{
	static struct grpc_session s;
	nghttp2_session_callbacks *callbacks;
	nghttp2_session *session;
	uint8_t bytes[4096];
	ssize_t got;

	memset(&s, 0, sizeof(s));
	CHECK(!nghttp2_session_callbacks_new(&callbacks));
	nghttp2_session_callbacks_set_on_header_callback(callbacks, server_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, server_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, server_frame);
	CHECK(!nghttp2_session_server_new(&session, callbacks, &s));
	nghttp2_session_callbacks_del(callbacks);
	nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, NULL, 0);
	while (server_send(session, fd)) {
		got = recv(fd, bytes, sizeof(bytes), 0);
		if (got <= 0 || nghttp2_session_mem_recv(session, bytes, (size_t)got) < 0)
			break;
	}
	nghttp2_session_del(session);
}

#endif
