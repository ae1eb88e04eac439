// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <err.h>
#include <errno.h>
#include <string.h>

#include "counters.h"
#include "export.h"
#include "exporter.h"
#include "record.h"

#define NS_PER_MS 1000000
#define SAY_EACH_MS 1000
#define HOST_EACH_MS 10000
#define LIFETIME_S 60 /* of flows that nothing tells of in between */

int exporter_open(struct exporter *e, const struct options *options)
{
	int error = netlink_open(&e->links) ?: netlink_open(&e->namespaces);

	if (error) {
		warnx("netlink: %s", strerror(-error));
		return -1;
	}
	e->options = options;
	e->users.path = "/etc/passwd";
	e->groups.path = "/etc/group";
	host_read(&e->host);
	probe_open(&e->probe);
	containers_open(&e->containers);
	if (options->netstat > 0 && netstat_open(&e->netstat, options->pin_root))
		return -1;
	return sender_open(&e->sender, &options->sender);
}

void exporter_close(struct exporter *e, int linger_ms)
{
	sender_close(&e->sender, linger_ms);
	if (e->options->netstat > 0)
		netstat_close(&e->netstat);
	ports_free(&e->ports);
	containers_close(&e->containers);
	idnames_free(&e->users);
	idnames_free(&e->groups);
	netlink_close(&e->links);
	netlink_close(&e->namespaces);
}

/* ------------------------------------------------------------------ flows */

static void send_flow(struct exporter *e, struct flow *flow)
{
	const struct export_as as = {
		.if_name_key = e->options->if_name_key,
		.exporter = *e->host.ip ? e->host.ip : NULL,
	};
	bool tlv = e->options->sender.tlv;

	if (flow->gid >= 0)
		flow->group = idnames_find(&e->groups, flow->gid, e->now_ms * NS_PER_MS);
	if (flow->uid >= 0 && !flow->user)
		flow->user = idnames_find(&e->users, flow->uid, e->now_ms * NS_PER_MS);
	if (flow->only_these && !tlv)
		icmp_totals_add(&e->icmp_totals, flow, e->now_ms);
	bytes_clear(&e->message);
	(tlv ? flow_tlv : flow_json)(&e->message, flow, &as);
	if (e->message.cut) /* cannot be: what is put into it is bounded */
		errx(1, "a flow does not fit a message");
	sender_send(&e->sender, TOPIC_FLOW, e->message.data, e->message.length);
}

static void take_flow(struct exporter *e, struct flow *flow)
{
	if (e->options->no_loopback && flow_is_loopback(flow)) {
		e->no_flow++;
		return;
	}
	if (e->options->counters > 0)
		containers_note(&e->containers, &e->namespaces, flow, e->now_ms);
	if (!flow->listens)
		send_flow(e, flow);
	else if (!e->options->no_listening)
		ports_add(&e->ports, flow);
}

void exporter_line(struct exporter *e, char *line, size_t length)
{
	struct flow flow;
	int64_t lost;
	struct fields fields;

	switch (record_read(line, length, &flow, &lost, &fields)) {
	case RECORD_BAD: e->bad++; break;
	case RECORD_OTHER: e->no_flow++; break;
	case RECORD_LOST: e->lost += (uint64_t)lost; break;
	case RECORD_FLOW: take_flow(e, &flow); break;
	}
	fields_done(&fields);
}

/* ------------------------------------------------------------------ what is due */

static void send_ports(void *context, const struct bytes *b)
{
	struct exporter *e = context;

	sender_send(&e->sender, TOPIC_PORTS, b->data, b->length);
}

void exporter_netstat(struct exporter *e)
{
	if (!sender_wants(&e->sender, TOPIC_FLOW) && !sender_wants(&e->sender, TOPIC_PORTS))
		return;
	netstat_start(&e->netstat);
}

static void socket_line(void *context, char *line, size_t length)
{
	exporter_line(context, line, length);
}

bool exporter_netstat_step(struct exporter *e)
{
	uint64_t too_long = e->netstat.lines.too_long;

	if (netstat_step(&e->netstat, socket_line, e)) {
		/* of half the files the ports would look as if they had been closed */
		if (e->netstat.complete && !e->options->no_listening && sender_wants(&e->sender, TOPIC_PORTS))
			ports_send(&e->ports, &e->message, send_ports, e);
		e->ports.count = 0;
	}
	e->bad += e->netstat.lines.too_long - too_long;
	return e->netstat.busy;
}

static void send_counters(void *context, const struct link *link)
{
	struct exporter *e = context;
	struct container container;
	bool known;

	if (e->options->no_loopback && link->loopback)
		return;
	known = link->veth && link->peer_nsid >= 0 &&
		containers_find(&e->containers, &e->namespaces, link->peer_nsid, e->now_ms, &container);
	bytes_clear(&e->message);
	counters_json(&e->message, link, e->host.ip, e->samples, known ? &container : NULL);
	sender_send(&e->sender, TOPIC_COUNTER, e->message.data, e->message.length);
}

void exporter_counters(struct exporter *e)
{
	int error;

	if (!sender_wants(&e->sender, TOPIC_COUNTER))
		return;
	e->samples++;
	error = links_read(&e->links, 0, send_counters, e);
	if (error)
		warnx("read the interfaces' counters: %s", strerror(-error));
}

void exporter_probe(struct exporter *e)
{
	const struct probe_account account = {
		.flows_sent = e->sender.flows_sent,
		.dropped = e->sender.dropped,
		.lost = e->lost,
		.lifetime_s = e->options->netstat >= 1 ? (int64_t)e->options->netstat : LIFETIME_S,
	};

	if (e->now_ms >= e->host_at_ms) {
		host_read(&e->host);
		e->host_at_ms = e->now_ms + HOST_EACH_MS;
	}
	if (!sender_wants(&e->sender, TOPIC_EVENT))
		return;
	probe_look(&e->probe, &e->links, &e->host, e->now_ms);
	bytes_clear(&e->message);
	probe_json(&e->message, &e->probe, &e->host, &account);
	sender_send(&e->sender, TOPIC_EVENT, e->message.data, e->message.length);
}

/* ------------------------------------------------------------------ the account */

static void say_dropped(struct exporter *e)
{
	uint64_t more = e->sender.dropped - e->dropped_said;

	if (!more)
		return;
	warnx("dropped %llu messages, %llu in all: %s", (unsigned long long)more, (unsigned long long)e->sender.dropped,
	      sender_wants(&e->sender, TOPIC_FLOW) ? "ntopng is too slow" : "ntopng is not there");
	e->dropped_said = e->sender.dropped;
}

static void say_bad(struct exporter *e)
{
	uint64_t more = e->bad - e->bad_said;

	if (!more)
		return;
	warnx("%llu lines are not ringside's records, %llu in all", (unsigned long long)more, (unsigned long long)e->bad);
	e->bad_said = e->bad;
}

void exporter_say(struct exporter *e)
{
	if (e->now_ms < e->say_at_ms || (e->sender.dropped == e->dropped_said && e->bad == e->bad_said))
		return;
	e->say_at_ms = e->now_ms + SAY_EACH_MS;
	say_dropped(e);
	say_bad(e);
}

void exporter_account(struct exporter *e)
{
	say_dropped(e);
	say_bad(e);
	if (e->options->sender.verbose || e->sender.dropped || e->bad)
		warnx("sent %llu messages (%llu flows), dropped %llu; %llu lines were bad, %llu were no flows, %llu lost by the reader",
		      (unsigned long long)e->sender.sent, (unsigned long long)e->sender.flows_sent,
		      (unsigned long long)e->sender.dropped, (unsigned long long)e->bad,
		      (unsigned long long)e->no_flow, (unsigned long long)e->lost);
}
