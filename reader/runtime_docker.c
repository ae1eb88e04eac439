// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* runtime_docker.c - docker's HTTP interface, which podman has as well. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "runtime_socket.h"
#include "runtimes.h"

#define HEAD_MOST 65536

struct answer {
	char *bytes; /* with a NUL behind them */
	size_t used, room;
	size_t head;   /* bytes, with the empty line; 0: not all there yet */
	size_t length; /* of the body; SIZE_MAX: until it closes */
};

/* ------------------------------------------------------------------ HTTP */

static int make_room(struct answer *a)
{
	size_t room = a->room ? a->room * 2 : 4096;
	char *bytes;

	if (a->used + 1 < a->room)
		return 0;
	if (a->room >= RUNTIME_ANSWER_MOST)
		return -EMSGSIZE;
	bytes = realloc(a->bytes, room);
	if (!bytes)
		return -ENOMEM;
	a->bytes = bytes;
	a->room = room;
	return 0;
}

/* The value of "NAME: VALUE", or NULL. */
static const char *header(const struct answer *a, const char *name)
{
	const char *line = a->bytes, *end = a->bytes + a->head;

	while ((line = memchr(line, '\n', (size_t)(end - line))) && ++line < end) {
		if (!strncasecmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			return line + strlen(name) + 1;
	}
	return NULL;
}

static int parse_head(struct answer *a)
{
	const char *end = memmem(a->bytes, a->used, "\r\n\r\n", 4), *length;
	unsigned long long value;

	if (!end)
		return a->used > HEAD_MOST || (a->used >= 5 && memcmp(a->bytes, "HTTP/", 5)) ? -EPROTO : 0;
	a->head = (size_t)(end - a->bytes) + 4;
	if (memcmp(a->bytes, "HTTP/1.", 7) || header(a, "Transfer-Encoding"))
		return -EPROTO; /* which nobody may send to HTTP/1.0 */
	a->length = SIZE_MAX;
	length = header(a, "Content-Length");
	if (length) {
		length += strspn(length, " \t");
		if (*length < '0' || *length > '9')
			return -EPROTO;
		value = strtoull(length, NULL, 10);
		if (value >= RUNTIME_ANSWER_MOST)
			return -EMSGSIZE;
		a->length = (size_t)value;
	}
	return 0;
}

static int read_answer(struct runtime_socket *socket, struct answer *a)
{
	for (;;) {
		int error = make_room(a);
		ssize_t got = error ? error : runtime_read(socket, a->bytes + a->used, a->room - a->used - 1);

		if (got < 0)
			return (int)got;
		a->used += (size_t)got;
		a->bytes[a->used] = '\0';
		if (!a->head && got > 0) {
			error = parse_head(a);
			if (error)
				return error;
		}
		if (a->head && a->length != SIZE_MAX && a->used - a->head >= a->length)
			return 0;
		if (got == 0)
			return a->head && a->length == SIZE_MAX ? 0 : -EPIPE;
	}
}

static int http_status(const struct answer *a)
{
	const char *code = a->bytes + strcspn(a->bytes, " \r\n");

	switch (strtol(code, NULL, 10)) {
	case 200: return 1;
	case 404: return 0;
	case 401:
	case 403: return -EACCES;
	default: return -EREMOTEIO;
	}
}

/* ------------------------------------------------------------------ JSON */

static void copy_string(char *to, size_t size, const json_t *string)
{
	if (json_is_string(string) && json_string_length(string) > 0)
		runtime_copy_text(to, size, json_string_value(string), json_string_length(string));
}

static int parse_body(const struct answer *a, struct lookup_answer *answer)
{
	size_t length = a->length == SIZE_MAX ? a->used - a->head : a->length;
	json_t *container = json_loadb(a->bytes + a->head, length, JSON_ALLOW_NUL, NULL);
	const json_t *name = json_object_get(container, "Name"), *labels;

	if (!json_is_string(name)) {
		json_decref(container);
		return -EPROTO;
	}
	labels = json_object_get(json_object_get(container, "Config"), "Labels");
	copy_string(answer->name, sizeof(answer->name), name);
	if (*answer->name == '/')
		memmove(answer->name, answer->name + 1, strlen(answer->name));
	copy_string(answer->name, sizeof(answer->name), json_object_get(labels, "io.kubernetes.container.name"));
	copy_string(answer->pod, sizeof(answer->pod), json_object_get(labels, "io.kubernetes.pod.name"));
	copy_string(answer->pod_namespace, sizeof(answer->pod_namespace),
		    json_object_get(labels, "io.kubernetes.pod.namespace"));
	json_decref(container);
	return 1;
}

int runtime_docker_ask(struct runtime_socket *socket, const char *id, struct lookup_answer *answer)
{
	struct answer a = {};
	char request[256];
	int status, length;

	if (!*id || id[strspn(id, "0123456789abcdef")])
		return 0;
	length = snprintf(request, sizeof(request),
			  "GET /containers/%s/json HTTP/1.0\r\nHost: localhost\r\nUser-Agent: ringside\r\n\r\n", id);
	status = runtime_write(socket, request, (size_t)length);
	if (!status)
		status = read_answer(socket, &a);
	if (!status)
		status = http_status(&a);
	if (status == 1)
		status = parse_body(&a, answer);
	free(a.bytes);
	return status;
}
