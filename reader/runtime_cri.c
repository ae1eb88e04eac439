// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* runtime_cri.c - what Kubernetes asks containerd and cri-o (gRPC), and containerd's own interface. */
#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

#include "runtime_socket.h"
#include "runtimes.h"

enum { GRPC_OK = 0, GRPC_NOT_FOUND = 5, GRPC_PERMISSION_DENIED = 7, GRPC_UNIMPLEMENTED = 12, GRPC_UNAUTHENTICATED = 16 };

/* ------------------------------------------------------------------ protobuf */

enum { PB_VARINT = 0, PB_FIXED64 = 1, PB_BYTES = 2, PB_FIXED32 = 5 };

struct pb {
	const uint8_t *at, *end;
};

struct pb_field {
	uint64_t number;
	struct pb bytes; /* empty where it is no PB_BYTES */
};

static bool pb_varint(struct pb *pb, uint64_t *value)
{
	*value = 0;
	for (int shift = 0; shift < 64 && pb->at < pb->end; shift += 7) {
		*value |= (uint64_t)(*pb->at & 0x7f) << shift;
		if (!(*pb->at++ & 0x80))
			return true;
	}
	return false;
}

/* 1, 0 at the end, or -EPROTO. */
static int pb_next(struct pb *pb, struct pb_field *field)
{
	uint64_t tag, value = 0;

	if (pb->at == pb->end)
		return 0;
	if (!pb_varint(pb, &tag))
		return -EPROTO;
	field->number = tag >> 3;
	field->bytes = (struct pb){ pb->at, pb->at };
	switch (tag & 7) {
	case PB_VARINT: return pb_varint(pb, &value) ? 1 : -EPROTO;
	case PB_FIXED64: value = 8; break;
	case PB_FIXED32: value = 4; break;
	case PB_BYTES:
		if (!pb_varint(pb, &value))
			return -EPROTO;
		break;
	default: return -EPROTO;
	}
	if (value > (uint64_t)(pb->end - pb->at))
		return -EPROTO;
	if ((tag & 7) == PB_BYTES)
		field->bytes = (struct pb){ pb->at, pb->at + value };
	pb->at += value;
	return 1;
}

static size_t pb_put_bytes(uint8_t *to, int field, const void *bytes, uint8_t length)
{
	to[0] = (uint8_t)(field << 3 | PB_BYTES);
	to[1] = length; /* below 128 */
	memcpy(to + 2, bytes, length);
	return 2u + length;
}

static bool pb_is(const struct pb *pb, const char *text)
{
	size_t length = (size_t)(pb->end - pb->at);

	return length == strlen(text) && !memcmp(pb->at, text, length);
}

static void pb_copy(char *to, size_t size, const struct pb *pb)
{
	if (pb->end > pb->at && *pb->at)
		runtime_copy_text(to, size, (const char *)pb->at, (size_t)(pb->end - pb->at));
}

/* ------------------------------------------------------------------ gRPC */

struct grpc {
	struct runtime_socket *socket;
	nghttp2_session *session;
	size_t received; /* bytes, for one question: what is kept is less */

	/* the call */
	const uint8_t *request;
	size_t request_left;
	int32_t stream;
	bool closed;
	int http_status, status; /* -1: not said */
	uint8_t *answer;
	size_t used, room;
};

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_length,
		     const uint8_t *value, size_t value_length, uint8_t flags, void *context)
{
	struct grpc *g = context;
	int number = 0;

	if (frame->hd.stream_id != g->stream || value_length == 0 || value_length > 3)
		return 0;
	for (size_t i = 0; i < value_length; i++) {
		if (value[i] < '0' || value[i] > '9')
			return 0;
		number = number * 10 + value[i] - '0';
	}
	if (name_length == 7 && !memcmp(name, ":status", 7))
		g->http_status = number;
	else if (name_length == 11 && !memcmp(name, "grpc-status", 11))
		g->status = number;
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes, size_t length,
		   void *context)
{
	struct grpc *g = context;

	if (stream != g->stream)
		return 0;
	if (g->used + length > g->room) {
		size_t room = 2 * (g->used + length);
		uint8_t *answer = realloc(g->answer, room);

		if (!answer)
			return NGHTTP2_ERR_CALLBACK_FAILURE;
		g->answer = answer;
		g->room = room;
	}
	memcpy(g->answer + g->used, bytes, length);
	g->used += length;
	return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t error, void *context)
{
	struct grpc *g = context;

	if (stream == g->stream)
		g->closed = true;
	return 0;
}

static ssize_t give_request(nghttp2_session *session, int32_t stream, uint8_t *to, size_t room, uint32_t *flags,
			    nghttp2_data_source *source, void *context)
{
	struct grpc *g = context;
	size_t length = g->request_left < room ? g->request_left : room;

	memcpy(to, g->request, length);
	g->request += length;
	g->request_left -= length;
	if (g->request_left == 0)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)length;
}

static int grpc_open(struct grpc *g, struct runtime_socket *socket)
{
	nghttp2_session_callbacks *callbacks;
	int error;

	*g = (struct grpc){ .socket = socket };
	if (nghttp2_session_callbacks_new(&callbacks))
		return -ENOMEM;
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	error = nghttp2_session_client_new(&g->session, callbacks, g);
	nghttp2_session_callbacks_del(callbacks);
	if (error)
		return -ENOMEM;
	return nghttp2_submit_settings(g->session, NGHTTP2_FLAG_NONE, NULL, 0) ? -ENOMEM : 0;
}

static void grpc_close(struct grpc *g)
{
	nghttp2_session_del(g->session);
	free(g->answer);
}

static int send_pending(struct grpc *g)
{
	const uint8_t *bytes;
	ssize_t length;

	while ((length = nghttp2_session_mem_send(g->session, &bytes)) > 0) {
		int error = runtime_write(g->socket, bytes, (size_t)length);

		if (error)
			return error;
	}
	return length < 0 ? -EPROTO : 0;
}

static int receive(struct grpc *g)
{
	uint8_t bytes[16384];
	ssize_t got = runtime_read(g->socket, bytes, sizeof(bytes));

	if (got <= 0)
		return got < 0 ? (int)got : -EPIPE;
	g->received += (size_t)got;
	if (g->received > RUNTIME_ANSWER_MOST)
		return -EMSGSIZE;
	return nghttp2_session_mem_recv(g->session, bytes, (size_t)got) < 0 ? -EPROTO : 0;
}

#define HEADER(name, value) \
	{ (uint8_t *)(name), (uint8_t *)(value), sizeof(name) - 1, strlen(value), NGHTTP2_NV_FLAG_NONE }

static int submit(struct grpc *g, const char *path, const char *containerd_namespace)
{
	const nghttp2_nv headers[] = {
		HEADER(":method", "POST"),
		HEADER(":scheme", "http"),
		HEADER(":path", path),
		HEADER(":authority", "localhost"),
		HEADER("content-type", "application/grpc"),
		HEADER("te", "trailers"),
		HEADER("user-agent", "ringside"),
		HEADER("containerd-namespace", containerd_namespace ? containerd_namespace : ""),
	};
	size_t count = sizeof(headers) / sizeof(headers[0]) - !containerd_namespace;
	nghttp2_data_provider body = { .read_callback = give_request };

	g->stream = nghttp2_submit_request(g->session, NULL, headers, count, &body, NULL);
	return g->stream < 0 ? -ENOMEM : 0;
}

static int grpc_result(struct grpc *g, struct pb *message)
{
	size_t length;

	if (g->http_status != 200)
		return g->http_status < 0 ? -EPROTO : -EREMOTEIO;
	switch (g->status) {
	case GRPC_OK: break;
	case GRPC_NOT_FOUND:
	case GRPC_UNIMPLEMENTED: return 0;
	case GRPC_PERMISSION_DENIED:
	case GRPC_UNAUTHENTICATED: return -EACCES;
	case -1: return -EPROTO;
	default: return -EREMOTEIO;
	}
	if (g->used < 5 || g->answer[0] != 0) /* compressed: nobody asked for that */
		return -EPROTO;
	length = (size_t)g->answer[1] << 24 | (size_t)g->answer[2] << 16 | (size_t)g->answer[3] << 8 | g->answer[4];
	if (length != g->used - 5)
		return -EPROTO;
	*message = (struct pb){ g->answer + 5, g->answer + 5 + length };
	return 1;
}

/* One call with a REQUEST below 123 bytes. 1 and a MESSAGE that is good until the next
 * call, 0: there is no such thing, or -errno.
 */
static int grpc_call(struct grpc *g, const char *path, const char *containerd_namespace, const uint8_t *request,
		     size_t length, struct pb *message)
{
	uint8_t framed[128] = { 0, 0, 0, 0, (uint8_t)length };
	int error;

	memcpy(framed + 5, request, length);
	g->request = framed;
	g->request_left = 5 + length;
	g->closed = false;
	g->http_status = g->status = -1;
	g->used = 0;
	error = submit(g, path, containerd_namespace);
	while (!error) {
		error = send_pending(g);
		if (error || g->closed)
			break;
		if (!nghttp2_session_want_read(g->session))
			return -EPROTO;
		error = receive(g);
	}
	return error ? error : grpc_result(g, message);
}

/* ------------------------------------------------------------------ containers */

/* One pair of map<string, string>. */
static int take_label(struct pb pair, struct lookup_answer *answer)
{
	struct pb key = {}, value = {};
	struct pb_field field;
	int status;

	while ((status = pb_next(&pair, &field)) == 1) {
		if (field.number == 1)
			key = field.bytes;
		else if (field.number == 2)
			value = field.bytes;
	}
	if (pb_is(&key, "io.kubernetes.pod.name"))
		pb_copy(answer->pod, sizeof(answer->pod), &value);
	else if (pb_is(&key, "io.kubernetes.pod.namespace"))
		pb_copy(answer->pod_namespace, sizeof(answer->pod_namespace), &value);
	else if (pb_is(&key, "io.kubernetes.container.name") || pb_is(&key, "nerdctl/name"))
		pb_copy(answer->name, sizeof(answer->name), &value);
	return status;
}

/* ContainerMetadata */
static int take_metadata(struct pb metadata, struct lookup_answer *answer)
{
	struct pb_field field;
	int status;

	while ((status = pb_next(&metadata, &field)) == 1)
		if (field.number == 1)
			pb_copy(answer->name, sizeof(answer->name), &field.bytes);
	return status;
}

/* A runtime.v1.Container, or a containerd.services.containers.v1.Container, which has
 * its id in the same field. 1: it is the one asked for.
 */
static int take_container(struct pb container, const char *id, uint64_t metadata_field, uint64_t labels_field,
			  struct lookup_answer *answer)
{
	struct pb_field field;
	bool is_it = false;
	int status, error = 0;

	memset(answer, 0, sizeof(*answer));
	while (!error && (status = pb_next(&container, &field)) != 0) {
		if (status < 0)
			return status;
		if (field.number == 1)
			is_it = pb_is(&field.bytes, id);
		else if (field.number == labels_field)
			error = take_label(field.bytes, answer);
		else if (field.number == metadata_field)
			error = take_metadata(field.bytes, answer);
	}
	return error ? error : is_it;
}

/* Both interfaces answer with messages that have containers in field 1. */
static int take_containers(struct pb message, const char *id, uint64_t metadata_field, uint64_t labels_field,
			   struct lookup_answer *answer)
{
	struct pb_field field;
	int status;

	while ((status = pb_next(&message, &field)) == 1) {
		if (field.number != 1)
			continue;
		status = take_container(field.bytes, id, metadata_field, labels_field, answer);
		if (status)
			return status;
	}
	return status;
}

static int ask_cri(struct grpc *g, const char *id, struct lookup_answer *answer)
{
	uint8_t filter[80], request[84];
	size_t length = pb_put_bytes(filter, 1, id, (uint8_t)strlen(id));
	struct pb message;
	int status;

	length = pb_put_bytes(request, 1, filter, (uint8_t)length);
	status = grpc_call(g, "/runtime.v1.RuntimeService/ListContainers", NULL, request, length, &message);
	return status == 1 ? take_containers(message, id, 3, 8, answer) : status;
}

/* For containers of nerdctl, which the CRI does not show. */
static int ask_containerd(struct grpc *g, const char *id, const char *in, struct lookup_answer *answer)
{
	uint8_t request[80];
	size_t length = pb_put_bytes(request, 1, id, (uint8_t)strlen(id));
	struct pb message;
	int status;

	status = grpc_call(g, "/containerd.services.containers.v1.Containers/Get", in, request, length, &message);
	return status == 1 ? take_containers(message, id, 0, 2, answer) : status;
}

int runtime_cri_ask(struct runtime_socket *socket, const char *id, struct lookup_answer *answer)
{
	struct grpc g;
	int status;

	if (!*id || strlen(id) > 64)
		return 0;
	status = grpc_open(&g, socket);
	if (status == 0)
		status = ask_cri(&g, id, answer);
	if (status == 0)
		status = ask_containerd(&g, id, "default", answer);
	if (status == 0)
		status = ask_containerd(&g, id, "k8s.io", answer);
	grpc_close(&g);
	return status;
}
