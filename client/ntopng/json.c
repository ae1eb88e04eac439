// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <stdio.h>

#include "json.h"

size_t whole_characters(const char *text, size_t most)
{
	size_t length = strnlen(text, most + 1);

	if (length <= most)
		return length;
	for (length = most; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80; length--)
		;
	return length;
}

static void put_digits(struct bytes *b, uint64_t value)
{
	char digits[20], *at = digits + sizeof(digits);

	do
		*--at = (char)('0' + value % 10);
	while (value /= 10);
	put_bytes(b, at, (size_t)(digits + sizeof(digits) - at));
}

static void put_string(struct bytes *b, const char *text, size_t length)
{
	const char *from = text, *end = text + length;
	char escape[8];

	PUT(b, "\"");
	for (const char *at = text; at < end; at++) {
		unsigned char c = (unsigned char)*at;

		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
			continue;
		put_bytes(b, from, (size_t)(at - from));
		if (c == '"' || c == '\\')
			put_bytes(b, (char[]){ '\\', (char)c }, 2);
		else
			put_bytes(b, escape, (size_t)snprintf(escape, sizeof(escape), "\\u%04x", c));
		from = at + 1;
	}
	put_bytes(b, from, (size_t)(end - from));
	PUT(b, "\"");
}

static void put_key(struct bytes *b, const char *key)
{
	if (b->length && b->data[b->length - 1] != '{' && b->data[b->length - 1] != '[')
		PUT(b, ",");
	if (!key)
		return;
	PUT(b, "\"");
	put_bytes(b, key, strlen(key));
	PUT(b, "\":");
}

void json_begin(struct bytes *b, const char *key)
{
	put_key(b, key);
	PUT(b, "{");
}

void json_end(struct bytes *b)
{
	PUT(b, "}");
}

void json_list(struct bytes *b, const char *key)
{
	put_key(b, key);
	PUT(b, "[");
}

void json_list_end(struct bytes *b)
{
	PUT(b, "]");
}

void json_text(struct bytes *b, const char *key, const char *text, size_t most)
{
	if (!text)
		return;
	put_key(b, key);
	put_string(b, text, whole_characters(text, most));
}

void json_number(struct bytes *b, const char *key, int64_t value)
{
	if (value < 0)
		return;
	put_key(b, key);
	put_digits(b, (uint64_t)value);
}

void json_thousandths(struct bytes *b, const char *key, int64_t value)
{
	char digits[4] = { '.', (char)('0' + value / 100 % 10), (char)('0' + value / 10 % 10), (char)('0' + value % 10) };

	if (value < 0)
		return;
	put_key(b, key);
	put_digits(b, (uint64_t)value / 1000);
	put_bytes(b, digits, sizeof(digits));
}

/* The id stands at both levels: versions differ in where they read it. */
void json_container(struct bytes *b, const struct container *c)
{
	if (!c->id && !c->name && !c->pod)
		return;
	json_begin(b, "LOCAL_CONTAINER");
	json_text(b, "ID", c->id, NAME_MOST);
	json_begin(b, c->in_pod ? "K8S" : "DOCKER");
	json_text(b, "ID", c->id, NAME_MOST);
	json_text(b, "NAME", c->name, NAME_MOST);
	if (c->in_pod) {
		json_text(b, "POD", c->pod, NAME_MOST);
		json_text(b, "NS", c->namespace, NAME_MOST);
	}
	json_end(b);
	json_end(b);
}
