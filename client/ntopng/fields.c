// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <string.h>

#include "fields.h"

static const char *const names[FIELDS] = {
	[F_EVENT] = "event",		 [F_LOCAL_IP] = "local_ip",	  [F_LOCAL_PORT] = "local_port",
	[F_REMOTE_IP] = "remote_ip",	 [F_REMOTE_PORT] = "remote_port", [F_SRC_IP] = "src_ip",
	[F_DST_IP] = "dst_ip",		 [F_PROTOCOL] = "protocol",	  [F_IP_VERSION] = "ip_version",
	[F_TIMESTAMP] = "timestamp",	 [F_TS_US] = "ts_us",		  [F_IF_NAME] = "if_name",
	[F_DIRECTION] = "direction",	 [F_LATENCY_US] = "latency_us",	  [F_DURATION_US] = "duration_us",
	[F_TX_BYTES] = "tx_bytes",	 [F_RX_BYTES] = "rx_bytes",	  [F_TX_PACKETS] = "tx_packets",
	[F_RX_PACKETS] = "rx_packets",	 [F_TX_ACKED] = "tx_acked",	  [F_RETRANSMITS] = "retransmits",
	[F_UNACKED] = "unacked",	 [F_LOST] = "lost",		  [F_RTT_US] = "rtt_us",
	[F_RTT_VAR_US] = "rtt_var_us",	 [F_PACKETS] = "packets",	  [F_BYTES] = "bytes",
	[F_STATE] = "state",		 [F_ICMP_TYPE] = "icmp_type",	  [F_ICMP_CODE] = "icmp_code",
	[F_LENGTH] = "length",		 [F_NETNS] = "netns",		  [F_PID] = "pid",
	[F_TID] = "tid",		 [F_UID] = "uid",		  [F_GID] = "gid",
	[F_USER] = "user",		 [F_COMM] = "comm",		  [F_EXE] = "exe",
	[F_PPID] = "ppid",		 [F_PARENT_COMM] = "parent_comm", [F_PARENT_EXE] = "parent_exe",
	[F_CONTAINER_ID] = "container_id", [F_CONTAINER_NAME] = "container_name", [F_POD] = "pod",
	[F_NAMESPACE] = "namespace",	 [F_POD_UID] = "pod_uid",	  [F_COUNT] = "count",
};

/* ------------------------------------------------------------------ which key is it */

#define SLOTS 256 /* a field's number plus one, at its name's hash or behind it */

static uint8_t slots[SLOTS];
static uint8_t lengths[FIELDS];

static unsigned int hash(const char *name, size_t length)
{
	unsigned int sum = (unsigned int)length;

	for (size_t i = 0; i < length; i++)
		sum = sum * 31 + (unsigned char)name[i];
	return (sum ^ sum >> 8) % SLOTS;
}

static void fill_slots(void)
{
	for (size_t i = 0; i < FIELDS; i++) {
		unsigned int slot = hash(names[i], strlen(names[i]));

		while (slots[slot])
			slot = (slot + 1) % SLOTS;
		slots[slot] = (uint8_t)(i + 1);
		lengths[i] = (uint8_t)strlen(names[i]);
	}
}

/* NULL when no flow has it. */
static struct value *value_of(struct fields *fields, const char *name, size_t length)
{
	for (unsigned int slot = hash(name, length); slots[slot]; slot = (slot + 1) % SLOTS) {
		size_t field = slots[slot] - 1U;

		if (lengths[field] == length && !memcmp(names[field], name, length))
			return &fields->values[field];
	}
	return NULL;
}

/* ------------------------------------------------------------------ in place */

#define DIGITS_MOST 18 /* fit an int64_t */

/* Past the closing quote of the text that begins at AT, or NULL: escapes and what is not ASCII are left to jansson. */
static char *pass_text(char *at, const char *end)
{
	for (; at < end && *at != '"'; at++)
		if (*at < 0x20 || *at > 0x7e || *at == '\\')
			return NULL;
	return at < end ? at + 1 : NULL;
}

static char *pass_number(char *at, const char *end, int64_t *number)
{
	const char *first = at;

	for (*number = 0; at < end && *at >= '0' && *at <= '9' && at - first < DIGITS_MOST; at++)
		*number = *number * 10 + (*at - '0');
	return at == first || (*first == '0' && at - first > 1) ? NULL : at;
}

static char *pass_value(char *at, const char *end, struct value *value)
{
	char *first = at;

	if (at == end)
		return NULL;
	if (*at == '"') {
		at = pass_text(at + 1, end);
		if (at)
			*value = (struct value){ .type = VALUE_TEXT, .text = first + 1, .length = (size_t)(at - first) - 2 };
		return at;
	}
	if (end - at > 4 && !memcmp(at, "true", 4)) {
		value->type = VALUE_OTHER;
		return at + 4;
	}
	value->type = VALUE_NUMBER;
	return pass_number(at, end, &value->number);
}

static bool read_in_place(struct fields *fields, char *line, size_t length)
{
	const char *end = line + length;
	char *at = line;

	if (length < 2 || *at++ != '{')
		return false;
	for (;;) {
		struct value nobody, *value;
		char *name = at + 1;

		if (at == end || *at != '"' || !(at = pass_text(name, end)))
			return false;
		value = value_of(fields, name, (size_t)(at - name) - 1) ?: &nobody;
		if (at == end || *at != ':' || !(at = pass_value(at + 1, end, value)) || at == end)
			return false;
		if (*at == '}')
			return at + 1 == end;
		if (*at++ != ',')
			return false;
	}
}

/* ------------------------------------------------------------------ by jansson */

static void take(struct fields *fields, const char *name, json_t *json)
{
	struct value *value = value_of(fields, name, strlen(name));

	if (!value)
		return;
	*value = (struct value){ .type = VALUE_OTHER };
	if (json_is_string(json)) {
		value->type = VALUE_TEXT;
		value->text = (char *)json_string_value(json);
		value->length = json_string_length(json);
	} else if (json_is_integer(json)) {
		value->type = VALUE_NUMBER;
		value->number = json_integer_value(json);
	}
}

static bool read_by_jansson(struct fields *fields, const char *line, size_t length)
{
	const char *name;
	json_t *json;

	fields->keep = json_loadb(line, length, 0, NULL);
	if (!json_is_object(fields->keep))
		return false;
	json_object_foreach(fields->keep, name, json)
		take(fields, name, json);
	return true;
}

bool fields_read(struct fields *fields, char *line, size_t length)
{
	if (!lengths[0])
		fill_slots();
	memset(fields, 0, sizeof(*fields));
	if (!read_in_place(fields, line, length)) {
		memset(fields, 0, sizeof(*fields));
		return read_by_jansson(fields, line, length);
	}
	for (size_t i = 0; i < FIELDS; i++) /* only now: jansson needs the line as it came */
		if (fields->values[i].type == VALUE_TEXT)
			fields->values[i].text[fields->values[i].length] = '\0';
	return true;
}

void fields_done(struct fields *fields)
{
	json_decref(fields->keep);
	fields->keep = NULL;
}
