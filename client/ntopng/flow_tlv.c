// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * flow_tlv.c - a flow in the format of nDPI's serializer, by field numbers: all that community builds read.
 *
 * Here ntopng adds counters up, unless they are called INITIATOR and RESPONDER: those are totals, as ours are.
 */
#include <arpa/inet.h>
#include <endian.h>

#include "export.h"
#include "json.h"

enum { VERSION = 1, TLV = 1 };
enum { END_OF_RECORD = 1, U8, U16, U32, U64, FLOAT = 10, STRING };

enum {
	IN_BYTES = 1, IN_PKTS = 2, PROTOCOL = 4, L4_SRC_PORT = 7, IPV4_SRC_ADDR = 8, L4_DST_PORT = 11, IPV4_DST_ADDR = 12,
	LAST_SWITCHED = 21, FIRST_SWITCHED = 22, IPV6_SRC_ADDR = 27, IPV6_DST_ADDR = 28, ICMP_TYPE = 32,
	IP_PROTOCOL_VERSION = 60, EXPORTER_IPV4_ADDRESS = 130, INITIATOR_OCTETS = 231, RESPONDER_OCTETS = 232,
	INITIATOR_PKTS = 298, RESPONDER_PKTS = 299, RETRANSMITTED_IN_PKTS = 57581, RETRANSMITTED_OUT_PKTS = 57582,
	SERVER_NW_LATENCY_MS = 57596,
};

/* One for each side that the process may be on. */
static const struct process_fields {
	uint32_t pid, name, uid, user, parent_pid, parent_name, container;
} process_fields[] = {
	{ 57640, 57641, 57897, 57844, 57845, 57846, 58030 },
	{ 57847, 57848, 57898, 57849, 57850, 57851, 58031 },
};

static int put_type(uint64_t value)
{
	return value <= UINT8_MAX ? U8 : value <= UINT16_MAX ? U16 : value <= UINT32_MAX ? U32 : U64;
}

static void put_unsigned(struct bytes *b, uint64_t value)
{
	uint64_t big = htobe64(value);
	size_t size = (size_t)1 << (put_type(value) - U8);

	put_bytes(b, (char *)&big + sizeof(big) - size, size);
}

static void put_head(struct bytes *b, uint32_t key, int type)
{
	put_byte(b, (uint8_t)(put_type(key) << 4 | type));
	put_unsigned(b, key);
}

static void put_u16(struct bytes *b, size_t value)
{
	uint16_t big = htons((uint16_t)value);

	put_bytes(b, &big, sizeof(big));
}

static void put_number(struct bytes *b, uint32_t key, int64_t value)
{
	if (value < 0)
		return;
	put_head(b, key, put_type((uint64_t)value));
	put_unsigned(b, (uint64_t)value);
}

static void put_string(struct bytes *b, const char *text, size_t most)
{
	size_t length = whole_characters(text, most);

	put_u16(b, length);
	put_bytes(b, text, length);
}

static void put_text(struct bytes *b, uint32_t key, const char *text, size_t most)
{
	if (!text)
		return;
	put_head(b, key, STRING);
	put_string(b, text, most);
}

/* What has no number goes by its name, and is shown among a flow's other fields. */
static void put_named(struct bytes *b, const char *key, const char *text)
{
	if (!text)
		return;
	put_byte(b, STRING << 4 | STRING);
	put_string(b, key, NAME_MOST);
	put_string(b, text, NAME_MOST);
}

/* In the host's byte order, unlike the integers. */
static void put_milliseconds(struct bytes *b, uint32_t key, int64_t us)
{
	float ms = (float)us / 1000;

	put_head(b, key, FLOAT);
	put_bytes(b, &ms, sizeof(ms));
}

static void put_counters(struct bytes *b, const struct flow *f, bool local_is_dst)
{
	bool totals = !f->only_these;

	put_number(b, totals ? INITIATOR_OCTETS : IN_BYTES, local_is_dst ? f->rx_bytes : f->tx_bytes);
	put_number(b, totals ? INITIATOR_PKTS : IN_PKTS, local_is_dst ? f->rx_packets : f->tx_packets);
	put_number(b, RESPONDER_OCTETS, local_is_dst ? f->tx_bytes : f->rx_bytes);
	put_number(b, RESPONDER_PKTS, local_is_dst ? f->tx_packets : f->rx_packets);
	put_number(b, local_is_dst ? RETRANSMITTED_OUT_PKTS : RETRANSMITTED_IN_PKTS, f->retransmits);
}

static void put_process(struct bytes *b, const struct flow *f, const struct process_fields *field)
{
	if (f->pid > 0) {
		put_number(b, field->pid, f->pid);
		put_text(b, field->name, f->path, PATH_MOST);
		put_number(b, field->uid, f->uid);
		put_text(b, field->user, f->user, NAME_MOST);
	}
	if (f->ppid > 0) {
		put_number(b, field->parent_pid, f->ppid);
		put_text(b, field->parent_name, f->parent_path, PATH_MOST);
	}
	put_text(b, field->container, f->container.id, NAME_MOST);
}

void flow_tlv(struct bytes *b, const struct flow *f, const struct export_as *as)
{
	bool local_is_dst = f->local_is_server && f->icmp_type < 0, four = f->ip_version == 4;
	const char *source = local_is_dst ? f->remote_ip : f->local_ip;
	const char *destination = local_is_dst ? f->local_ip : f->remote_ip;

	put_byte(b, VERSION);
	put_byte(b, TLV);
	put_number(b, IP_PROTOCOL_VERSION, f->ip_version);
	put_number(b, PROTOCOL, f->protocol);
	put_text(b, four ? IPV4_SRC_ADDR : IPV6_SRC_ADDR, source, NAME_MOST);
	put_text(b, four ? IPV4_DST_ADDR : IPV6_DST_ADDR, destination, NAME_MOST);
	put_number(b, L4_SRC_PORT, local_is_dst ? f->remote_port : f->local_port);
	put_number(b, L4_DST_PORT, local_is_dst ? f->local_port : f->remote_port);
	put_number(b, FIRST_SWITCHED, (f->time_us - (f->duration_us > 0 ? f->duration_us : 0)) / 1000000);
	put_number(b, LAST_SWITCHED, f->time_us / 1000000);
	put_counters(b, f, local_is_dst);
	if (f->icmp_type >= 0)
		put_number(b, ICMP_TYPE, f->icmp_type * 256 + f->icmp_code);
	if (f->latency_us >= 0 && f->event && !strcmp(f->event, "CONNECT"))
		put_milliseconds(b, SERVER_NW_LATENCY_MS, f->latency_us / 2);
	put_process(b, f, &process_fields[f->local_is_server]);
	put_named(b, f->protocol == IPPROTO_UDP ? "UDP_EVENT_TYPE" : "TCP_EVENT_TYPE", f->event);
	if (as->if_name_key)
		put_named(b, as->if_name_key, f->if_name);
	put_text(b, EXPORTER_IPV4_ADDRESS, as->exporter, NAME_MOST);
	put_byte(b, END_OF_RECORD);
}
