// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* json_flow.c - what a socket did as a line of JSON, and whose it was. Names may be hostile, numbers anything. */
#include <stdbool.h>
#include <stddef.h>

#include "format.h"
#include "socket_line.h"

/* As a macro, so that a test can compare the keys with the documentation. */
#define KEY(to, name) PUT(to, ",\"" name "\":")

static char *put_number(char *to, uint64_t value)
{
	const uint64_t most = (1ULL << 53) - 1; /* what JavaScript counts to */

	return put_u64(to, value < most ? value : most);
}

static char *put_string(char *to, const char *string, size_t size)
{
	return put_json_string(to, string, strnlen(string, size));
}

static char *put_path(char *to, const char parts[RS_PATH_SIZE], int cut)
{
	char path[RS_PATH_SIZE + 8];

	return put_json_string(to, path, ringside_path(parts, cut, path));
}

/* ------------------------------------------------------------------ who */

static char *put_user(char *to, const struct rs_process *p, const char *user)
{
	to = put_u64(KEY(to, "uid"), p->uid);
	to = put_u64(KEY(to, "gid"), p->gid);
	return user ? put_string(KEY(to, "user"), user, SHOWN_MAX) : to;
}

static char *put_own_path(char *to, const struct rs_process *p)
{
	to = put_path(KEY(to, "exe"), p->exe, p->exe_cut);
	return p->exe_cut ? PUT(to, ",\"exe_cut\":true") : to;
}

static char *put_parent_path(char *to, const struct rs_process *p)
{
	return put_path(KEY(to, "parent_exe"), p->parent_exe, p->parent_exe_cut);
}

static char *put_names(char *to, const struct rs_process *p)
{
	to = put_string(KEY(to, "comm"), p->comm, sizeof(p->comm));
	to = put_own_path(to, p);
	to = put_u64(KEY(to, "ppid"), p->ppid);
	to = put_string(KEY(to, "parent_comm"), p->parent_comm, sizeof(p->parent_comm));
	return put_parent_path(to, p);
}

static char *put_container_id(char *to, const struct rs_process *p)
{
	struct ringside_container container;

	if (!ringside_container(p, &container))
		return to;
	to = put_string(KEY(to, "container_id"), container.id, sizeof(container.id));
	if (container.runtime[0])
		to = put_string(KEY(to, "container_runtime"), container.runtime, sizeof(container.runtime));
	if (container.pod_uid[0])
		to = put_string(KEY(to, "pod_uid"), container.pod_uid, sizeof(container.pod_uid));
	return to;
}

static char *put_container_names(char *to, const struct ringside_names *names)
{
	if (names && names->container)
		to = put_string(KEY(to, "container_name"), names->container, SHOWN_MAX);
	if (names && names->pod)
		to = put_string(KEY(to, "pod"), names->pod, SHOWN_MAX);
	if (names && names->pod_namespace)
		to = put_string(KEY(to, "namespace"), names->pod_namespace, SHOWN_MAX);
	return to;
}

/*
 * The same processes come again and again, and what the kernel knows of one takes longer than all the rest of a line:
 * what was said last is kept by each thread, and copied as long as nothing of it has changed.
 */
#define TOLD 4 /* each of them 7 KB of what every thread has, in programs that link the library too */

struct told {
	struct rs_process process;
	bool has_user;
	char user[SHOWN_MAX];
	size_t who, container; /* bytes in text: of put_user() and put_names(), and of put_container_id(); 0: none yet */
	char text[6 * (2 * 16 + 2 * (RS_PATH_SIZE + 8) + SHOWN_MAX) + 512]; /* 300 for keys, numbers, ids */
};

/* All that those look at; page faults change with each record. */
static bool tells(const struct told *t, const struct rs_process *p, const char *user)
{
	const size_t from = offsetof(struct rs_process, comm), to = offsetof(struct rs_process, parent_uid);
	const struct rs_process *q = &t->process;

	return t->who && q->uid == p->uid && q->gid == p->gid && q->ppid == p->ppid &&
	       !memcmp((const char *)q + from, (const char *)p + from, to - from) &&
	       (user ? t->has_user && !strncmp(t->user, user, SHOWN_MAX) : !t->has_user);
}

static const struct told *told_of(const struct ringside_event *event)
{
	static _Thread_local struct told told[TOLD];
	const struct rs_process *p = event->process;
	const char *user = event->names ? event->names->user : NULL;
	struct told *t = &told[p->pid % TOLD];

	if (!tells(t, p, user)) {
		t->process = *p;
		t->has_user = user;
		strncpy(t->user, user ?: "", SHOWN_MAX); /* and no NUL where it is as long */
		t->who = (size_t)(put_names(put_user(t->text, p, user), p) - t->text);
		t->container = (size_t)(put_container_id(t->text + t->who, p) - t->text) - t->who;
	}
	return t;
}

static char *put_bytes(char *to, const char *bytes, size_t length)
{
	memcpy(to, bytes, length);
	return to + length;
}

static char *put_process(char *to, const struct ringside_event *event, uint32_t tid)
{
	const struct rs_process *p = event->process;
	const struct told *told = told_of(event);

	to = put_u64(KEY(to, "pid"), p->pid);
	to = put_u64(KEY(to, "tid"), tid);
	to = put_bytes(to, told->text, told->who);
	to = put_number(KEY(to, "min_faults"), p->min_faults);
	to = put_number(KEY(to, "maj_faults"), p->maj_faults);
	to = put_number(KEY(to, "cgroup_id"), p->cgroup_id);
	to = put_bytes(to, told->text + told->who, told->container);
	return put_container_names(to, event->names);
}

char *put_origin(char *to, const struct ringside_event *event)
{
	const struct rs_icmp *r = event->record;
	const struct told *told;

	if (r->origin == RS_ORIGIN_KERNEL)
		return PUT(to, ",\"origin\":\"kernel\"");
	if (r->origin != RS_ORIGIN_PROCESS)
		return to;
	to = put_u64(KEY(to, "pid"), r->pid);
	if (!event->process)
		return to;
	told = told_of(event);
	to = put_bytes(to, told->text, told->who + told->container);
	return put_container_names(to, event->names);
}

/* ------------------------------------------------------------------ what */

static char *put_endpoints(char *to, const struct rs_flow *r)
{
	to = PUT(to, ",\"local_ip\":\"");
	to = put_address(to, r->hdr.ip_version, r->local);
	to = PUT(to, "\",\"local_port\":");
	to = put_u64(to, r->local_port);
	if (!knows_remote(r))
		return to;
	to = PUT(to, ",\"remote_ip\":\"");
	to = put_address(to, r->hdr.ip_version, r->remote);
	to = PUT(to, "\",\"remote_port\":");
	return put_u64(to, r->remote_port);
}

static char *put_error(char *to, uint32_t error)
{
	const char *name = error ? strerrorname_np((int)error) : "closed";

	to = KEY(to, "error");
	if (name)
		return put_string(to, name, SHOWN_MAX);
	*to++ = '"'; /* one of the kernel's own */
	to = put_u64(to, error);
	*to++ = '"';
	return to;
}

static char *put_totals(char *to, const struct rs_flow *r)
{
	if (r->time_ns) /* else it began before the programs came */
		to = put_number(KEY(to, "duration_us"), r->time_ns / 1000);
	to = put_number(KEY(to, "tx_bytes"), r->tx_bytes);
	to = put_number(KEY(to, "rx_bytes"), r->rx_bytes);
	to = put_number(KEY(to, "tx_packets"), r->tx_packets);
	to = put_number(KEY(to, "rx_packets"), r->rx_packets);
	to = put_u64(KEY(to, "retransmits"), r->retransmits);
	return put_u64(KEY(to, "rtt_us"), r->rtt_us);
}

static char *put_datagrams(char *to, const struct rs_flow *r, uint64_t packets, uint64_t bytes)
{
	to = put_number(KEY(to, "packets"), packets);
	to = put_number(KEY(to, "bytes"), bytes);
	return r->flags & RS_FLOW_END ? PUT(to, ",\"end\":true") : to;
}

static char *put_latency(char *to, const struct rs_flow *r)
{
	return r->time_ns ? put_number(KEY(to, "latency_us"), r->time_ns / 1000) : to;
}

static char *put_measured(char *to, const struct rs_flow *r)
{
	switch (r->hdr.type) {
	case RS_CONNECT_FAILED:
		return put_error(put_latency(to, r), r->error);
	case RS_CONNECT:
		return put_latency(to, r);
	case RS_CLOSE:
	case RS_FLOW:
		return put_totals(to, r);
	case RS_RETRANSMIT:
		to = put_u64(KEY(to, "retransmits"), r->retransmits);
		return put_u64(KEY(to, "rtt_us"), r->rtt_us);
	case RS_UDP_SEND:
		return put_datagrams(to, r, r->tx_packets, r->tx_bytes);
	case RS_UDP_RECV:
		return put_datagrams(to, r, r->rx_packets, r->rx_bytes);
	default:
		return to;
	}
}

static char *put_attribution(char *to, int attribution)
{
	if (attribution == RS_BY_CONTEXT)
		return PUT(to, ",\"attribution\":\"context\"");
	if (attribution == RS_BY_SOCKET)
		return PUT(to, ",\"attribution\":\"socket\"");
	return PUT(to, ",\"attribution\":\"unknown\"");
}

size_t json_flow(char *buffer, const struct ringside_event *event)
{
	static const char *const names[] = {
		[RS_CONNECT] = "connect",	[RS_CONNECT_FAILED] = "connect_failed", [RS_ACCEPT] = "accept",
		[RS_CLOSE] = "close",		[RS_RETRANSMIT] = "retransmit",		[RS_UDP_SEND] = "udp_send",
		[RS_UDP_RECV] = "udp_recv",	[RS_FLOW] = "flow",
	};
	const struct rs_flow *r = event->record;
	const uint64_t most_us = (1ULL << 53) - 1;
	uint64_t us = (uint64_t)event->time_ns / 1000;
	char *to = buffer;

	if (r->hdr.type >= sizeof(names) / sizeof(names[0]) || !names[r->hdr.type])
		return 0;
	to = PUT(to, "{\"event\":");
	to = put_string(to, names[r->hdr.type], SHOWN_MAX);
	to = put_endpoints(to, r);
	to = put_u64(KEY(to, "protocol"), r->protocol);
	to = put_times(to, us < most_us ? us : most_us);
	if (r->if_name[0])
		to = put_if_name(KEY(to, "if_name"), r->if_name);
	if (r->hdr.direction == RS_IN)
		to = PUT(to, ",\"direction\":\"in\"");
	else if (r->hdr.direction == RS_OUT)
		to = PUT(to, ",\"direction\":\"out\"");
	to = put_u64(KEY(to, "ip_version"), r->hdr.ip_version);
	to = put_measured(to, r);
	to = put_u64(KEY(to, "netns"), r->netns);
	to = put_attribution(to, r->attribution);
	if (event->process)
		to = put_process(to, event, r->tid);
	to = put_u64(KEY(to, "cpu"), event->cpu);
	to = put_number(KEY(to, "seq"), event->seq);
	to = PUT(to, "}\n");
	return (size_t)(to - buffer);
}

/* ------------------------------------------------------------------ sockets that there are */

_Static_assert(SOCKET_LINE_MAX + 6 * LINE_STRINGS + 512 < RINGSIDE_LINE_MAX, "a line may be longer than its buffer");

/* The kernel's side has written the rest, bpf/netstat.bpf.h. */
size_t json_socket(char *buffer, const char *line, size_t length, const struct ringside_event *event)
{
	const struct rs_process *p = event->process;
	char *to = buffer + length - 1;

	memcpy(buffer, line, length - 1);
	to = put_times(to, (uint64_t)event->time_ns / 1000);
	if (p && event->names && event->names->user)
		to = put_string(KEY(to, "user"), event->names->user, SHOWN_MAX);
	if (p && (*p->exe || p->exe_cut)) /* else only what is in the line is known of it */
		to = put_parent_path(put_own_path(to, p), p);
	if (p && p->cgroup_id)
		to = put_number(KEY(to, "cgroup_id"), p->cgroup_id);
	if (p)
		to = put_container_names(put_container_id(to, p), event->names);
	to = PUT(to, "}\n");
	return (size_t)(to - buffer);
}
