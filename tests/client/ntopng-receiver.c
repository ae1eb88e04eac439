// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * ntopng-receiver.c - what ntopng does with what an exporter sends, written from what is known of its wire format alone:
 * subscribes, reads headers and message numbers, and is strict about every key and type. TLV is read by nDPI itself.
 *
 * usage: ntopng-receiver [-q] [-k KEYFILE] [-t TOPIC]... [-n COUNT] ENDPOINT
 *
 * ENDPOINT as for ntopng -i: with a final c it binds. Prints {"topic":…,"number":…,…,"payload":{…}} for each message (-q:
 * none), and when it ends the account on stderr. -k: CURVE, as the server; its public key is written to KEYFILE.
 * Exit status 1 at the first thing that ntopng would not understand.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <err.h>
#include <errno.h>
#include <jansson.h>
#include <ndpi/ndpi_api.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#define PAYLOAD_MOST 32768
#define TOPICS_MOST 8

static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
	stop = 1;
}

static bool quiet;
static uint64_t received, missing, flows, largest;
static uint32_t first_number, last_number;

/* ------------------------------------------------------------------ keys and their types */

enum { TEXT = 1, INT = 2, NUMBER = 4, OBJECT = 8, ARRAY = 16 };

struct key {
	const char *name;
	int type;
};

static const struct key flow_keys[] = {
	{ "timestamp", TEXT }, { "TID", INT }, { "LOCAL_PROCESS", OBJECT }, { "LOCAL_FATHER_PROCESS", OBJECT },
	{ "TCP_EVENT_TYPE", TEXT }, { "UDP_EVENT_TYPE", TEXT }, { "IF_NAME", TEXT }, { "INTERFACE_NAME", TEXT },
	{ "IP_PROTOCOL_VERSION", INT }, { "PROTOCOL", INT }, { "NW_LATENCY_MS", NUMBER }, { "CLIENT_NW_LATENCY_MS", NUMBER },
	{ "SERVER_NW_LATENCY_MS", NUMBER }, { "L4_LOCAL_PORT", INT }, { "L4_REMOTE_PORT", INT }, { "L4_SRC_PORT", INT },
	{ "L4_DST_PORT", INT }, { "IPV4_LOCAL_ADDR", TEXT }, { "IPV4_REMOTE_ADDR", TEXT }, { "IPV6_LOCAL_ADDR", TEXT },
	{ "IPV6_REMOTE_ADDR", TEXT }, { "IPV4_SRC_ADDR", TEXT }, { "IPV4_DST_ADDR", TEXT }, { "IPV6_SRC_ADDR", TEXT },
	{ "IPV6_DST_ADDR", TEXT }, { "ICMP_TYPE", INT }, { "FIRST_SWITCHED", INT }, { "LAST_SWITCHED", INT },
	{ "IN_BYTES", INT }, { "IN_PKTS", INT }, { "OUT_BYTES", INT }, { "OUT_PKTS", INT }, { "TCP", OBJECT },
	{ "LOCAL_CONTAINER", OBJECT }, { "EXPORTER_IPV4_ADDRESS", TEXT }, { "SRC_PROC_PID", INT },
	{ "SRC_PROC_NAME", TEXT }, { "SRC_PROC_UID", INT }, { "SRC_PROC_USER_NAME", TEXT }, { "SRC_FATHER_PROC_PID", INT },
	{ "SRC_FATHER_PROC_NAME", TEXT }, { "SRC_PROC_CONTAINER_ID", TEXT }, { "DST_PROC_PID", INT },
	{ "DST_PROC_NAME", TEXT }, { "DST_PROC_UID", INT }, { "DST_PROC_USER_NAME", TEXT }, { "DST_FATHER_PROC_PID", INT },
	{ "DST_FATHER_PROC_NAME", TEXT }, { "DST_PROC_CONTAINER_ID", TEXT }, {}
};
static const struct key process_keys[] = {
	{ "PID", INT }, { "TID", INT }, { "UID", INT }, { "UID_NAME", TEXT }, { "GID", INT }, { "GID_NAME", TEXT },
	{ "PROCESS_PATH", TEXT }, { "PROCESS_CMDLINE", TEXT }, { "VM_SIZE", INT }, { "VM_PEAK", INT }, {}
};
static const struct key tcp_keys[] = {
	{ "CONN_STATE", TEXT }, { "SEGS_IN", INT }, { "SEGS_OUT", INT }, { "UNACK_SEGMENTS", INT }, { "RETRAN_PKTS", INT },
	{ "LOST_PKTS", INT }, { "RTT", NUMBER }, { "RTT_VARIANCE", NUMBER }, { "BYTES_RCVD", INT }, { "BYTES_ACKED", INT }, {}
};
static const struct key container_keys[] = { { "ID", TEXT }, { "DOCKER", OBJECT }, { "K8S", OBJECT }, {} };
static const struct key runtime_keys[] = { { "ID", TEXT }, { "NAME", TEXT }, { "POD", TEXT }, { "NS", TEXT }, {} };
static const struct key counter_keys[] = {
	{ "deviceIP", TEXT }, { "samplesGenerated", INT }, { "ifIndex", INT }, { "ifName", TEXT }, { "ifType", INT },
	{ "ifSpeed", INT }, { "ifDirection", TEXT }, { "ifAdminStatus", TEXT }, { "ifOperStatus", TEXT },
	{ "ifInOctets", INT }, { "ifInPackets", INT }, { "ifInErrors", INT }, { "ifOutOctets", INT },
	{ "ifOutPackets", INT }, { "ifOutErrors", INT }, { "ifPromiscuousMode", INT }, { "LOCAL_CONTAINER", OBJECT }, {}
};
static const struct key ports_keys[] = { { "ip-addresses", ARRAY }, { "listening-ports", OBJECT }, {} };
static const struct key protocols_keys[] = { { "tcp4", ARRAY }, { "udp4", ARRAY }, { "tcp6", ARRAY }, { "udp6", ARRAY }, {} };
static const struct key port_keys[] = { { "port", INT }, { "proc", TEXT }, { "pkg", TEXT }, {} };
static const struct key event_keys[] = {
	{ "time", INT }, { "bytes", INT }, { "packets", INT }, { "packet_drops", INT }, { "iface", OBJECT },
	{ "probe", OBJECT }, { "avg", OBJECT }, { "timeout", OBJECT }, { "drops", OBJECT }, { "zmq", OBJECT }, {}
};
static const struct key iface_keys[] = { { "name", TEXT }, { "speed", INT }, { "ip", TEXT }, {} };
static const struct key probe_keys[] = { { "ip", TEXT }, { "uuid", TEXT }, { "version", TEXT }, { "osname", TEXT }, {} };
static const struct key avg_keys[] = { { "bps", INT }, { "pps", INT }, {} };
static const struct key timeout_keys[] = { { "lifetime", INT }, { "idle", INT }, {} };
static const struct key drops_keys[] = {
	{ "export_queue_full", INT }, { "too_many_flows", INT }, { "elk_flow_drops", INT }, { "sflow_pkt_sample_drops", INT },
	{ "flow_collection_drops", INT }, { "flow_collection_udp_socket_drops", INT }, {}
};
static const struct key zmq_keys[] = { { "num_flow_exports", INT }, { "num_exporters", INT }, {} };

static const struct {
	const char *name;
	const struct key *keys;
} objects[] = {
	{ "LOCAL_PROCESS", process_keys }, { "LOCAL_FATHER_PROCESS", process_keys }, { "TCP", tcp_keys },
	{ "LOCAL_CONTAINER", container_keys }, { "DOCKER", runtime_keys }, { "K8S", runtime_keys },
	{ "listening-ports", protocols_keys }, { "tcp4", port_keys }, { "udp4", port_keys }, { "tcp6", port_keys },
	{ "udp6", port_keys }, { "iface", iface_keys }, { "probe", probe_keys }, { "avg", avg_keys },
	{ "timeout", timeout_keys }, { "drops", drops_keys }, { "zmq", zmq_keys },
};

static int type_of(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING: return TEXT;
	case JSON_INTEGER: return INT | NUMBER;
	case JSON_REAL: return NUMBER;
	case JSON_OBJECT: return OBJECT;
	case JSON_ARRAY: return ARRAY;
	default: return 0;
	}
}

static void check_object(const char *where, json_t *object, const struct key *keys)
{
	const char *name;
	json_t *value, *element;
	size_t i;

	json_object_foreach(object, name, value) {
		const struct key *key = keys, *inner = NULL;

		while (key->name && strcmp(key->name, name))
			key++;
		if (!key->name)
			errx(1, "%s: nothing is known of the key %s", where, name);
		if (!(type_of(value) & key->type))
			errx(1, "%s: %s is of the wrong type: %s", where, name, json_dumps(value, JSON_ENCODE_ANY));
		for (i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
			if (!strcmp(objects[i].name, name))
				inner = objects[i].keys;
		if (json_is_object(value))
			check_object(name, value, inner);
		json_array_foreach(value, i, element)
			if (json_is_object(element))
				check_object(name, element, inner);
	}
}

/* "sec.usec": anything else crashes ntopng or is ignored. */
static void check_timestamp(const char *text)
{
	unsigned int seconds, microseconds;
	int end = 0;

	if (sscanf(text, "%u.%6u%n", &seconds, &microseconds, &end) != 2 || text[end])
		errx(1, "timestamp: %s", text);
}

static void check_flow(json_t *flow)
{
	static const char *const sides[][2] = {
		{ "IPV4_LOCAL_ADDR", "IPV4_REMOTE_ADDR" }, { "IPV6_LOCAL_ADDR", "IPV6_REMOTE_ADDR" },
		{ "IPV4_SRC_ADDR", "IPV4_DST_ADDR" }, { "IPV6_SRC_ADDR", "IPV6_DST_ADDR" },
	};
	int addresses = 0;

	if (!json_is_object(flow))
		errx(1, "a flow is no object");
	check_object("flow", flow, flow_keys);
	check_timestamp(json_string_value(json_object_get(flow, "timestamp")) ?: "none");
	for (size_t i = 0; i < 4; i++) {
		const char *a = json_string_value(json_object_get(flow, sides[i][0]));
		const char *b = json_string_value(json_object_get(flow, sides[i][1]));
		unsigned char address[16];
		int family = i % 2 ? AF_INET6 : AF_INET;

		if (!a != !b)
			errx(1, "one side has no address");
		if (a && (inet_pton(family, a, address) != 1 || inet_pton(family, b, address) != 1))
			errx(1, "no address: %s, %s", a, b);
		addresses += a != NULL;
	}
	if (addresses != 1)
		errx(1, "%d pairs of addresses", addresses);
	flows++;
}

static json_t *read_json(char letter, const char *payload, size_t size)
{
	json_error_t error;
	json_t *json, *flow;
	size_t i;

	if (memchr(payload, 0, size))
		errx(1, "a NUL in JSON: what is behind it is not read");
	json = json_loadb(payload, size, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		errx(1, "not JSON: %s: %.*s", error.text, (int)size, payload);
	switch (letter) {
	case 'f':
		if (!json_is_array(json))
			check_flow(json);
		json_array_foreach(json, i, flow)
			check_flow(flow);
		break;
	case 'c': check_object("counter", json, counter_keys); break;
	case 'l': check_object("listening-ports", json, ports_keys); break;
	case 'e': check_object("event", json, event_keys); break;
	default: errx(1, "nobody reads the topic %c", letter);
	}
	return json;
}

/* ------------------------------------------------------------------ TLV */

static json_t *tlv_value(ndpi_deserializer *d, ndpi_serialization_type type)
{
	ndpi_string text;
	u_int32_t u32;
	u_int64_t u64;
	float real;

	switch (type) {
	case ndpi_serialization_uint32:
		ndpi_deserialize_value_uint32(d, &u32);
		return json_integer(u32);
	case ndpi_serialization_uint64:
		ndpi_deserialize_value_uint64(d, &u64);
		return json_integer((json_int_t)u64);
	case ndpi_serialization_float:
		ndpi_deserialize_value_float(d, &real);
		return json_real(real);
	case ndpi_serialization_string:
		ndpi_deserialize_value_string(d, &text);
		return json_stringn(text.str, text.str_len);
	default: errx(1, "TLV: a value of type %d", type);
	}
}

static void tlv_key(ndpi_deserializer *d, ndpi_serialization_type type, char key[64])
{
	ndpi_string text;
	u_int32_t number;

	if (type == ndpi_serialization_uint32) {
		ndpi_deserialize_key_uint32(d, &number);
		snprintf(key, 64, "%u", number);
	} else if (type == ndpi_serialization_string) {
		ndpi_deserialize_key_string(d, &text);
		snprintf(key, 64, "%.*s", text.str_len, text.str);
	} else {
		errx(1, "TLV: a key of type %d", type);
	}
}

static json_t *read_tlv(char *payload, size_t size)
{
	ndpi_serialization_type type, key_type;
	ndpi_deserializer d;
	json_t *all = json_array(), *record = json_object();
	char key[64];

	if (ndpi_init_deserializer_buf(&d, (u_int8_t *)payload, (u_int32_t)size) ||
	    ndpi_deserialize_get_format(&d) != ndpi_serialization_format_tlv)
		errx(1, "TLV: nDPI does not read its head");
	while ((type = ndpi_deserialize_get_item_type(&d, &key_type)) != ndpi_serialization_unknown) {
		if (type == ndpi_serialization_end_of_record) {
			json_array_append_new(all, record);
			record = json_object();
			flows++;
		} else {
			tlv_key(&d, key_type, key);
			if (json_object_get(record, key))
				errx(1, "TLV: the key %s twice", key);
			if (json_object_set_new(record, key, tlv_value(&d, type)))
				errx(1, "TLV: %s: no text", key);
		}
		if (ndpi_deserialize_next(&d))
			break;
	}
	if (json_object_size(record))
		errx(1, "TLV: the last record has no end");
	json_decref(record);
	return all;
}

/* ------------------------------------------------------------------ headers */

struct head {
	char topic[17];
	int version;
	bool tlv;
	uint32_t size, number, source;
};

static struct head read_head(const unsigned char *h, size_t length)
{
	struct head head = {};
	uint16_t size16;
	uint32_t size32[2];

	if (length != 24 && length != 36)
		errx(1, "a header of %zu bytes", length);
	memcpy(head.topic, h, 16);
	head.version = h[16];
	if (length == 24) {
		if (head.version != 2 && head.version != 3)
			errx(1, "a header of 24 bytes with version %d", head.version);
		head.tlv = head.version == 3;
		head.source = h[17];
		memcpy(&size16, h + 18, 2);
		memcpy(&head.number, h + 20, 4);
		head.size = ntohs(size16);
	} else {
		if (head.version != 4 || (h[17] & ~2) || h[18] || h[19])
			errx(1, "a header of 36 bytes with version %d, flags %d", head.version, h[17]);
		head.tlv = h[17] & 2;
		memcpy(size32, h + 20, 8);
		memcpy(&head.number, h + 28, 4);
		memcpy(&head.source, h + 32, 4);
		head.size = le32toh(size32[0]);
		head.source = ntohl(head.source);
		if (size32[0] != size32[1])
			errx(1, "not compressed, and the sizes are %u and %u", le32toh(size32[0]), le32toh(size32[1]));
	}
	head.number = ntohl(head.number);
	return head;
}

static void count(const struct head *head)
{
	if (!received)
		first_number = head->number;
	else
		missing += head->number - last_number - 1; /* modulo 2^32 */
	last_number = head->number;
	received++;
	if (head->size > largest)
		largest = head->size;
}

static void print(const struct head *head, json_t *payload)
{
	json_t *line = json_pack("{s:s, s:i, s:b, s:I, s:I, s:I, s:o}", "topic", head->topic, "version", head->version, "tlv",
				 head->tlv, "size", (json_int_t)head->size, "number", (json_int_t)head->number, "source",
				 (json_int_t)head->source, "payload", payload);

	json_dumpf(line, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(line);
}

static bool receive(void *socket)
{
	static unsigned char h[64];
	static char payload[PAYLOAD_MOST * 4];
	struct head head;
	int length = zmq_recv(socket, h, sizeof(h), 0), size, more = 0;
	size_t option = sizeof(more);
	json_t *json;

	if (length < 0)
		return false;
	zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &option);
	head = read_head(h, (size_t)length);
	if (!more)
		errx(1, "a header without payload");
	size = zmq_recv(socket, payload, sizeof(payload), 0);
	zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &option);
	if (more || size != (int)head.size)
		errx(1, "a payload of %d bytes, and the header says %u", size, head.size);
	if (size > PAYLOAD_MOST)
		errx(1, "a payload of %d bytes", size);
	if (size > 0 && !payload[0])
		errx(1, "a payload that would be unpacked");
	count(&head);
	if (quiet)
		return true;
	json = head.tlv ? read_tlv(payload, (size_t)size) : read_json(head.topic[0], payload, (size_t)size);
	print(&head, json);
	return true;
}

/* ------------------------------------------------------------------ main */

static void be_curve_server(void *socket, const char *file)
{
	char public[41], secret[41];
	int one = 1;
	FILE *f = fopen(file, "w");

	if (!f || zmq_curve_keypair(public, secret) || zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &one, sizeof(one)) ||
	    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret, 41))
		errx(1, "CURVE: %s", zmq_strerror(errno));
	fprintf(f, "%s\n", public);
	fclose(f);
}

int main(int argc, char **argv)
{
	void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_SUB);
	const char *topics[TOPICS_MOST], *keys = NULL;
	int option, topic_count = 0, none = 0, look_ms = 100;
	uint64_t most = UINT64_MAX;
	struct sigaction action = { .sa_handler = on_signal };
	char *endpoint;
	bool binds;

	while ((option = getopt(argc, argv, "qk:t:n:")) != -1) {
		switch (option) {
		case 'q': quiet = true; break;
		case 'k': keys = optarg; break;
		case 't': if (topic_count < TOPICS_MOST) topics[topic_count++] = optarg; break;
		case 'n': most = strtoull(optarg, NULL, 10); break;
		default: return 2;
		}
	}
	if (optind + 1 != argc)
		errx(2, "one endpoint");
	endpoint = argv[optind];
	binds = *endpoint && endpoint[strlen(endpoint) - 1] == 'c';
	if (binds)
		endpoint[strlen(endpoint) - 1] = '\0';
	if (!topic_count) {
		static const char *const all[] = { "event", "flow", "counter", "template", "option", "hello", "listening-ports", "snmp-ifaces" };

		for (topic_count = 0; topic_count < 8; topic_count++)
			topics[topic_count] = all[topic_count];
	}
	sigaction(SIGINT, &action, NULL); /* without SA_RESTART */
	sigaction(SIGTERM, &action, NULL);
	zmq_setsockopt(socket, ZMQ_RCVHWM, &none, sizeof(none)); /* unlimited: what is lost, the exporter lost */
	zmq_setsockopt(socket, ZMQ_RCVTIMEO, &look_ms, sizeof(look_ms)); /* for a signal that came just before */
	zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof(none));
	if (keys)
		be_curve_server(socket, keys);
	for (int i = 0; i < topic_count; i++)
		zmq_setsockopt(socket, ZMQ_SUBSCRIBE, topics[i], strlen(topics[i]));
	if (binds ? zmq_bind(socket, endpoint) : zmq_connect(socket, endpoint))
		errx(1, "%s: %s", endpoint, zmq_strerror(errno));
	fprintf(stderr, "ready\n");
	while (!stop && received < most && (receive(socket) || errno == EINTR || errno == EAGAIN))
		;
	fprintf(stderr, "{\"received\":%llu,\"missing\":%llu,\"flows\":%llu,\"largest\":%llu,\"first\":%u,\"last\":%u}\n",
		(unsigned long long)received, (unsigned long long)missing, (unsigned long long)flows,
		(unsigned long long)largest, first_number, last_number);
	zmq_close(socket);
	zmq_ctx_term(context);
	return 0;
}
