/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* take.h - a line as jansson reads it; each take_ takes a key away, so that what is left over at the end shows. */
#ifndef RINGSIDE_TEST_TAKE_H
#define RINGSIDE_TEST_TAKE_H

#include <jansson.h>

#include "event.h"
#include "process.h"

static inline json_t *parse(const char *line, size_t length)
{
	json_error_t error;
	json_t *object;

	CHECK(length > 1 && length < RINGSIDE_LINE_MAX);
	EQUAL(line[length - 1], '\n');
	CHECK(!memchr(line, '\n', length - 1)); /* one line */
	CHECK(!memchr(line, '\0', length));
	object = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
	if (!object)
		TEST_FAIL("%s\n  %.*s", error.text, (int)length, line);
	CHECK(json_is_object(object));
	return object;
}

static inline void take_number(json_t *object, const char *key, uint64_t expected)
{
	json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		TEST_FAIL("%s is not an integer", key);
	if ((uint64_t)json_integer_value(value) != expected)
		TEST_FAIL("%s: expected %" PRIu64 ", found %" JSON_INTEGER_FORMAT, key, expected, json_integer_value(value));
	CHECK(expected < 1ULL << 53);
	json_object_del(object, key);
}

static inline void take_text(json_t *object, const char *key, const char *expected)
{
	json_t *value = json_object_get(object, key);

	if (!json_is_string(value) || strcmp(json_string_value(value), expected))
		TEST_FAIL("%s: expected %s, found %s", key, expected, json_is_string(value) ? json_string_value(value) : "none");
	json_object_del(object, key);
}

static inline void take_address(json_t *object, const char *key, int ip_version, const uint8_t *address)
{
	char text[64];

	take_text(object, key, expected_address(ip_version, address, text));
}

static inline void check_all_taken(json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
		TEST_FAIL("there is no reason for the key %s", key);
}

/* What a strict reader makes of a name: each byte that is not of a UTF-8
 * character is U+FFFD. By the table of RFC 3629, 4, not by the code under test.
 */
static inline void expect_utf8(const char *bytes, size_t size, char *to)
{
	static const struct { unsigned char first, last, low, high; int more; } rows[] = {
		{ 0x01, 0x7f, 0, 0, 0 },       { 0xc2, 0xdf, 0x80, 0xbf, 1 }, { 0xe0, 0xe0, 0xa0, 0xbf, 2 },
		{ 0xe1, 0xec, 0x80, 0xbf, 2 }, { 0xed, 0xed, 0x80, 0x9f, 2 }, { 0xee, 0xef, 0x80, 0xbf, 2 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 3 }, { 0xf1, 0xf3, 0x80, 0xbf, 3 }, { 0xf4, 0xf4, 0x80, 0x8f, 3 },
	};
	const unsigned char *s = (const unsigned char *)bytes;

	for (size_t i = 0; i < size;) {
		size_t taken = 0;
		for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
			bool fits = s[i] >= rows[row].first && s[i] <= rows[row].last && i + (size_t)rows[row].more < size;
			for (int k = 1; fits && k <= rows[row].more; k++)
				fits = s[i + (size_t)k] >= (k == 1 ? rows[row].low : 0x80) &&
				       s[i + (size_t)k] <= (k == 1 ? rows[row].high : 0xbf);
			if (fits)
				taken = 1 + (size_t)rows[row].more;
		}
		if (taken) {
			memcpy(to, s + i, taken);
			to += taken;
			i += taken;
		} else {
			memcpy(to, "\xef\xbf\xbd", 3);
			to += 3;
			i++;
		}
	}
	*to = '\0';
}

static inline void take_true(json_t *object, const char *key)
{
	if (!json_is_true(json_object_get(object, key)))
		TEST_FAIL("%s is not true", key);
	json_object_del(object, key);
}

/* Up to SIZE bytes of anything. */
static inline void take_bytes(json_t *object, const char *key, const char *bytes, size_t size)
{
	char expected[3 * 600 + 1];

	CHECK(strnlen(bytes, size) <= 600);
	expect_utf8(bytes, strnlen(bytes, size), expected);
	take_text(object, key, expected);
}

static inline void take_shown(json_t *object, const char *key, const char *name)
{
	if (name)
		take_bytes(object, key, name, 256);
}

static inline void take_user_and_names(json_t *object, const struct subject *s, const struct ringside_names *names)
{
	const struct rs_process *p = &s->process;

	take_number(object, "uid", p->uid);
	take_number(object, "gid", p->gid);
	take_shown(object, "user", names ? names->user : NULL);
	take_bytes(object, "comm", p->comm, 16);
	take_bytes(object, "exe", s->exe, sizeof(s->exe));
	if (p->exe_cut)
		take_true(object, "exe_cut");
	take_number(object, "ppid", p->ppid);
	take_bytes(object, "parent_comm", p->parent_comm, 16);
	take_bytes(object, "parent_exe", s->parent_exe, sizeof(s->parent_exe));
	if (*s->container_id)
		take_text(object, "container_id", s->container_id);
	if (*s->runtime)
		take_text(object, "container_runtime", s->runtime);
	if (*s->pod_uid)
		take_text(object, "pod_uid", s->pod_uid);
	take_shown(object, "container_name", names ? names->container : NULL);
	take_shown(object, "pod", names ? names->pod : NULL);
	take_shown(object, "namespace", names ? names->pod_namespace : NULL);
}

/* The keys that are there are in this order, and those at the end are cpu and seq. */
static inline void check_key_order(json_t *object, const char *const *order)
{
	const char *key, *last = "";
	json_t *value;

	json_object_foreach(object, key, value) {
		while (*order && strcmp(*order, key))
			order++;
		if (!*order)
			TEST_FAIL("%s after %s", key, last);
		last = key;
	}
	EQUAL_TEXT(last, "seq");
}

#endif
