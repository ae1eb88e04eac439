// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* text_flow.c - what a socket did as ebpflowexport would say it. */
#include <netinet/in.h>

#include "format.h"

static char *put_string(char *to, const char *string)
{
	return put_text_name(to, string, SHOWN_MAX);
}

static char *put_bracket(char *to, const char *what, const char *value, size_t size)
{
	*to++ = '[';
	to = stpcpy(to, what);
	to = PUT(to, ": ");
	to = put_text_name(to, value, size);
	*to++ = ']';
	return to;
}

static char *put_count(char *to, const char *what, uint64_t count)
{
	*to++ = '[';
	to = stpcpy(to, what);
	to = PUT(to, ": ");
	to = put_u64(to, count);
	*to++ = ']';
	return to;
}

/* With two decimals, rounded. */
static char *put_msec(char *to, const char *what, uint64_t ns)
{
	uint64_t hundredths = ns / 10000 + (ns % 10000 >= 5000);

	*to++ = '[';
	to = stpcpy(to, what);
	to = PUT(to, ": ");
	to = put_u64(to, hundredths / 100);
	*to++ = '.';
	*to++ = (char)('0' + hundredths / 10 % 10);
	*to++ = (char)('0' + hundredths % 10);
	return PUT(to, " msec]");
}

static char *put_traffic(char *to, const char *what, uint64_t bytes, uint64_t packets)
{
	*to++ = '[';
	to = stpcpy(to, what);
	to = PUT(to, ": ");
	to = put_u64(to, bytes);
	to = PUT(to, " bytes/");
	to = put_u64(to, packets);
	return PUT(to, " pkts]");
}

/* ------------------------------------------------------------------ who */

/* "30197/30197 [/usr/bin/curl], uid/gid: 0/0]" */
static char *put_task(char *to, uint32_t pid, uint32_t tid, const char *path, const char comm[16], uint32_t uid, uint32_t gid)
{
	to = put_u64(to, pid);
	*to++ = '/';
	to = put_u64(to, tid);
	to = PUT(to, " [");
	to = *path ? put_string(to, path) : put_text_name(to, comm, 16); /* kernel threads have no file */
	to = PUT(to, "], uid/gid: ");
	to = put_u64(to, uid);
	*to++ = '/';
	to = put_u64(to, gid);
	*to++ = ']';
	return to;
}

static char *put_process(char *to, const struct rs_process *p, uint32_t tid)
{
	char path[RS_PATH_SIZE + 8];

	ringside_path(p->exe, p->exe_cut, path);
	to = PUT(to, "[pid/tid: ");
	to = put_task(to, p->pid, tid, path, p->comm, p->uid, p->gid);
	ringside_path(p->parent_exe, p->parent_exe_cut, path);
	to = PUT(to, "[father pid/tid: ");
	return put_task(to, p->ppid, p->ppid, path, p->parent_comm, p->parent_uid, p->parent_gid);
}

static char *put_container(char *to, const struct ringside_event *event)
{
	const struct ringside_names *names = event->names;
	struct ringside_container container;
	int known = ringside_container(event->process, &container);

	if (known)
		to = put_bracket(to, "containerID", container.id, 12);
	if (names && names->container)
		to = put_bracket(to, "container_name", names->container, SHOWN_MAX);
	if (known && container.runtime[0])
		to = put_bracket(to, "runtime", container.runtime, sizeof(container.runtime));
	if (known && container.pod_uid[0])
		to = put_bracket(to, "podUID", container.pod_uid, sizeof(container.pod_uid));
	if (names && names->pod)
		to = put_bracket(to, "pod", names->pod, SHOWN_MAX);
	if (names && names->pod_namespace)
		to = put_bracket(to, "namespace", names->pod_namespace, SHOWN_MAX);
	return to;
}

/* ------------------------------------------------------------------ what */

static char *put_endpoints(char *to, const struct rs_flow *r)
{
	to = PUT(to, "[addr: ");
	to = put_endpoint(to, r->hdr.ip_version, r->local, r->local_port);
	to = PUT(to, " <-> ");
	if (knows_remote(r))
		to = put_endpoint(to, r->hdr.ip_version, r->remote, r->remote_port);
	else
		to = PUT(to, "unknown");
	*to++ = ']';
	return to;
}

static char *put_error(char *to, uint32_t error)
{
	const char *name = error ? strerrorname_np((int)error) : "closed";

	return name ? put_bracket(to, "error", name, SHOWN_MAX) : put_count(to, "error", error);
}

static char *put_datagrams(char *to, const struct rs_flow *r, uint64_t packets, uint64_t bytes)
{
	to = put_count(to, "packets", packets);
	to = put_count(to, "bytes", bytes);
	return r->flags & RS_FLOW_END ? PUT(to, "[end]") : to;
}

/* 0: it began before the programs came. */
static char *put_time(char *to, const char *name, const struct rs_flow *r)
{
	return r->time_ns ? put_msec(to, name, r->time_ns) : to;
}

static char *put_measured(char *to, const struct rs_flow *r)
{
	switch (r->hdr.type) {
	case RS_CONNECT:
		return put_time(to, "latency", r);
	case RS_CONNECT_FAILED:
		to = put_time(to, "latency", r);
		return put_error(to, r->error);
	case RS_CLOSE:
	case RS_FLOW:
		to = put_time(to, "duration", r);
		to = put_traffic(to, "tx", r->tx_bytes, r->tx_packets);
		to = put_traffic(to, "rx", r->rx_bytes, r->rx_packets);
		/* fall through */
	case RS_RETRANSMIT:
		to = put_count(to, "retransmissions", r->retransmits);
		return put_msec(to, "rtt", r->rtt_us * 1000ULL);
	case RS_UDP_SEND:
		return put_datagrams(to, r, r->tx_packets, r->tx_bytes);
	case RS_UDP_RECV:
		return put_datagrams(to, r, r->rx_packets, r->rx_bytes);
	default:
		return to;
	}
}

static char *put_protocol(char *to, const struct rs_flow *r)
{
	to = r->hdr.ip_version == 6 ? PUT(to, "[IPv6/") : PUT(to, "[IPv4/");
	if (r->protocol == IPPROTO_TCP)
		to = PUT(to, "TCP");
	else if (r->protocol == IPPROTO_UDP)
		to = PUT(to, "UDP");
	else
		to = put_u64(to, r->protocol);
	*to++ = ']';
	return to;
}

size_t text_flow(char *buffer, const struct ringside_event *event)
{
	static const char *const names[] = {
		[RS_CONNECT] = "Sent",	 [RS_CONNECT_FAILED] = "ConnectFailed", [RS_ACCEPT] = "Rcvd",
		[RS_CLOSE] = "Close",	 [RS_RETRANSMIT] = "Retransmit",	[RS_UDP_SEND] = "Sent",
		[RS_UDP_RECV] = "Rcvd",	 [RS_FLOW] = "Flow",
	};
	const struct rs_flow *r = event->record;
	char *to = buffer;

	if (r->hdr.type >= sizeof(names) / sizeof(names[0]) || !names[r->hdr.type])
		return 0;
	to = put_seconds(to, event->time_ns);
	to = PUT(to, " [");
	to = r->if_name[0] ? put_text_name(to, r->if_name, sizeof(r->if_name)) : PUT(to, "-");
	to = PUT(to, "][");
	to = stpcpy(to, names[r->hdr.type]);
	*to++ = ']';
	to = put_protocol(to, r);
	to = event->process ? put_process(to, event->process, r->tid) : PUT(to, "[process: unknown]");
	to = put_endpoints(to, r);
	if (event->process)
		to = put_container(to, event);
	to = put_measured(to, r);
	*to++ = '\n';
	return (size_t)(to - buffer);
}
