// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "socket_line.h"

/* A number that is there and at most this large, or 0. */
static uint64_t number(const json_t *object, const char *key, uint64_t most)
{
	const json_t *value = json_object_get(object, key);
	json_int_t n = json_integer_value(value);

	return n > 0 && (uint64_t)n <= most ? (uint64_t)n : 0;
}

static bool has_number(const json_t *object, const char *key, uint64_t most)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) && json_integer_value(value) >= 0 && (uint64_t)json_integer_value(value) <= most;
}

/* As much as fits; the rest of it is 0. */
static void text(const json_t *object, const char *key, char to[16])
{
	const char *value = json_string_value(json_object_get(object, key));

	strncpy(to, value ? value : "", 16);
}

static int address(const json_t *object, const char *key, __u8 to[16])
{
	const char *value = json_string_value(json_object_get(object, key));

	if (value && inet_pton(AF_INET, value, to) == 1)
		return 4;
	return value && inet_pton(AF_INET6, value, to) == 1 ? 6 : 0;
}

static int read_ends(const json_t *object, struct rs_flow *flow)
{
	flow->hdr.ip_version = (__u8)address(object, "local_ip", flow->local);
	if (!flow->hdr.ip_version || !has_number(object, "local_port", UINT16_MAX))
		return -EPROTO;
	flow->local_port = (__u16)number(object, "local_port", UINT16_MAX);
	if (!json_object_get(object, "remote_ip"))
		return 0;
	if (address(object, "remote_ip", flow->remote) != flow->hdr.ip_version ||
	    !has_number(object, "remote_port", UINT16_MAX))
		return -EPROTO;
	flow->remote_port = (__u16)number(object, "remote_port", UINT16_MAX);
	return 0;
}

static void read_owner(const json_t *object, struct socket_line *s)
{
	struct rs_process *p = &s->flow.process;

	p->pid = (__u32)number(object, "pid", UINT32_MAX);
	if (!p->pid)
		return;
	s->process_key = rs_process_key(p->pid, (__u32)number(object, "started", UINT32_MAX));
	s->flow.tid = (__u32)number(object, "tid", UINT32_MAX);
	p->uid = (__u32)number(object, "uid", UINT32_MAX);
	p->gid = (__u32)number(object, "gid", UINT32_MAX);
	p->ppid = (__u32)number(object, "ppid", UINT32_MAX);
	text(object, "comm", p->comm);
	text(object, "parent_comm", p->parent_comm);
}

int socket_line_parse(const char *line, size_t length, struct socket_line *s)
{
	const char *event, *direction;
	json_error_t error;
	json_t *object;
	int result = -EPROTO;

	memset(s, 0, sizeof(*s));
	if (length < 2 || length >= SOCKET_LINE_MAX || line[0] != '{' || line[length - 1] != '}')
		return -EPROTO;
	object = json_loadb(line, length, 0, &error);
	event = json_string_value(json_object_get(object, "event"));
	if (!event || strcmp(event, "socket") || !has_number(object, "protocol", UINT8_MAX) ||
	    read_ends(object, &s->flow))
		goto done;
	s->flow.hdr.type = RS_FLOW; /* of all events the one that goes on */
	s->flow.protocol = (__u8)number(object, "protocol", UINT8_MAX);
	s->flow.netns = (__u32)number(object, "netns", UINT32_MAX);
	text(object, "if_name", s->flow.if_name);
	direction = json_string_value(json_object_get(object, "direction"));
	if (direction)
		s->flow.hdr.direction = !strcmp(direction, "in") ? RS_IN : !strcmp(direction, "out") ? RS_OUT : 0;
	read_owner(object, s);
	result = 0;
done:
	json_decref(object);
	return result;
}
