// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <err.h>

#include "exporter.h"
#include "record.h"

#define SAY_EACH_MS 1000

int exporter_open(struct exporter *e, const struct options *options)
{
	e->options = options;
	e->groups.path = "/etc/group";
	host_read(&e->host);
	return sender_open(&e->sender, &options->sender);
}

void exporter_close(struct exporter *e, int linger_ms)
{
	sender_close(&e->sender, linger_ms);
	groups_free(&e->groups);
}

static void send_flow(struct exporter *e, struct flow *flow, int64_t now_ms)
{
	const struct export_as as = {
		.if_name_key = e->options->if_name_key,
		.exporter = *e->host.ip ? e->host.ip : NULL,
	};

	if (e->options->no_loopback && flow_is_loopback(flow)) {
		e->no_place++;
		return;
	}
	if (flow->gid >= 0)
		flow->group = groups_find(&e->groups, flow->gid, now_ms);
	bytes_clear(&e->message);
	(e->options->sender.tlv ? flow_tlv : flow_json)(&e->message, flow, &as);
	sender_flow(&e->sender, e->message.data, e->message.length);
}

void exporter_line(struct exporter *e, const char *line, size_t length, int64_t now_ms)
{
	struct flow flow;
	int64_t lost;
	json_t *keep;

	switch (record_read(line, length, &flow, &lost, &keep)) {
	case RECORD_BAD: e->bad++; break;
	case RECORD_OTHER: e->no_place++; break;
	case RECORD_LOST: e->lost += (uint64_t)lost; break;
	case RECORD_FLOW:
		if (flow.listens)
			e->no_place++;
		else
			send_flow(e, &flow, now_ms);
		break;
	}
	json_decref(keep);
}

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

void exporter_say(struct exporter *e, int64_t now_ms)
{
	if (now_ms < e->say_at_ms || (e->sender.dropped == e->dropped_said && e->bad == e->bad_said))
		return;
	e->say_at_ms = now_ms + SAY_EACH_MS;
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
		      (unsigned long long)e->no_place, (unsigned long long)e->lost);
}
