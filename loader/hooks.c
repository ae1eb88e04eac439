// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "abi.h"
#include "hooks.h"
#include "loader.h"
#include "pins.h"

#define TICK_NS 250000000ULL

/* One way to see something: all of these programs together. */
struct way {
	const char *programs[4];
	const char *weaker; /* what is not seen this way; NULL: nothing */
	const char *instead; /* without programs: what shows it all the same */
};

/* The first way that this kernel has is taken. A last one without programs says what
 * is missing then.
 */
static const struct event {
	const char *name;
	struct way ways[4];
} events[] = {
	{ "tcp connect", {
		{ { "k_tcp_v4_connect", "r_tcp_v4_connect", "k_tcp_v6_connect", "r_tcp_v6_connect" } },
		{ { "k_tcp_v4_connect", "r_tcp_v4_connect" }, "IPv6 connects that fail before a packet is sent" },
		{ { NULL }, "connects that fail before a packet is sent", "by the change of state" } } },
	/* neither a kprobe nor a tracepoint alone sees all: see flows.bpf.c */
	{ "tcp states", {
		{ { "k_tcp_set_state", "t_inet_sock_set_state_irq", "t_tcp_destroy_sock" } },
		{ { "t_inet_sock_set_state", "t_inet_sock_set_state_irq", "t_tcp_destroy_sock" } },
		{ { "k_tcp_set_state" } },
		{ { NULL }, "connect, accept and close of TCP" } } },
	{ "tcp accept", {
		{ { "k_security_sock_graft" } },
		{ { "r_inet_csk_accept" } },
		{ { NULL }, "accept before the connection is first used", "by its first use" } } },
	{ "tcp retransmit", {
		{ { "t_tcp_retransmit_skb" } },
		{ { "k_tcp_retransmit_skb" } },
		{ { NULL }, "TCP retransmissions" } } },
	{ "tcp use", {
		{ { "k_tcp_sendmsg", "k_tcp_recvmsg" } },
		{ { "t_sock_send_length", "t_sock_recv_length" } },
		{ { NULL }, "processes that take a TCP connection over" } } },
	{ "udp send", {
		{ { "k_ip_send_skb", "k_ip6_send_skb" } },
		{ { "k_ip_send_skb" }, "UDP sent over IPv6" },
		{ { "t_net_dev_queue", "t_sock_send_length_udp" } },
		{ { NULL }, "UDP that is sent" } } },
	{ "udp receive", {
		{ { "k_skb_consume_udp" } },
		{ { "t_sock_recv_length_udp" }, "the peer of UDP received by sockets that are not connected" },
		{ { NULL }, "UDP that is received" } } },
	{ "udp close", {
		{ { "k_udp_destroy_sock", "k_udpv6_destroy_sock" } },
		{ { "k_udp_destroy_sock" }, "the end of UDP over IPv6 at once (a moment later)" },
		{ { NULL }, "the end of UDP at once (a moment later)", "by the timer" } } },
	{ "icmp echo", {
		{ { "k_raw_sendmsg", "k_rawv6_sendmsg", "k_ping_v4_sendmsg", "k_ping_v6_sendmsg" } },
		{ { "t_sock_send_length_raw" }, "the process of a socket's first echo request" },
		{ { "k_raw_sendmsg", "k_ping_v4_sendmsg" }, "the process of ICMPv6 echo requests" },
		{ { NULL }, "the process of echo requests" } } },
	{ "timer", {
		{ { "tick" } },
		{ { NULL }, "UDP totals during a pause, totals of TCP connections that go on" } } },
	{ "tcp sockets", {
		{ { "i_tcp" } },
		{ { NULL }, HOOK_WITHOUT_FILE RS_PIN_TCP } } },
	{ "udp sockets", {
		{ { "i_udp" } },
		{ { NULL }, HOOK_WITHOUT_FILE RS_PIN_UDP } } },
};
#define EVENTS (sizeof(events) / sizeof(events[0]))

/* ------------------------------------------------------------------ the kernel */

/* The functions of /proc/kallsyms, each on a line; a probe needs the exact name. */
static char *read_symbols(void)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[512], type, name[256], *all = NULL;
	size_t used = 1, size = 0;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%*s %c %255s", &type, name) != 2 || (type != 'T' && type != 't'))
			continue;
		if (used + strlen(name) + 3 > size) {
			char *more = realloc(all, size = size * 2 + (1 << 20));
			if (!more)
				break;
			all = more;
			all[0] = '\n';
		}
		used += (size_t)sprintf(all + used, "%s\n", name);
	}
	if (file)
		fclose(file);
	return all;
}

int hooks_init(struct hooks *h, enum hooks_wanted wanted)
{
	*h = (struct hooks){ .wanted = wanted };
	h->kprobes = access("/sys/bus/event_source/devices/kprobe/type", R_OK) == 0;
	h->btf = btf__load_vmlinux_btf();
	if (!h->btf) {
		warn("read the kernel's types");
		return -1;
	}
	h->symbols = h->kprobes ? read_symbols() : NULL;
	return 0;
}

void hooks_free(struct hooks *h)
{
	for (size_t i = 0; i < h->count; i++)
		close(h->links[i].fd);
	btf__free(h->btf);
	free(h->symbols);
	*h = (struct hooks){};
}

static bool has_function(const struct hooks *h, const char *name)
{
	char line[128];

	snprintf(line, sizeof(line), "\n%s\n", name);
	return h->symbols && strstr(h->symbols, line);
}

/* t_NAME and t_NAME_irq, t_NAME_udp, t_NAME_raw, t_NAME_all are programs of the tracepoint NAME. */
static void tracepoint_of(const char *program, char name[HOOK_NAME_MAX])
{
	size_t length;

	snprintf(name, HOOK_NAME_MAX, "%s", program + 2);
	length = strlen(name);
	if (length > 4 && (!strcmp(name + length - 4, "_irq") || !strcmp(name + length - 4, "_udp") ||
			   !strcmp(name + length - 4, "_raw") || !strcmp(name + length - 4, "_all")))
		name[length - 4] = '\0';
}

static bool is_there(const struct hooks *h, const char *program)
{
	char name[HOOK_NAME_MAX], type[HOOK_NAME_MAX + 16];

	for (size_t i = 0; i < h->bad_count; i++)
		if (!strcmp(h->bad[i], program))
			return false;
	switch (program[0]) {
	case 'k':
	case 'r':
		return h->kprobes && h->wanted != HOOKS_TRACEPOINTS && has_function(h, program + 2);
	case 'i':
		snprintf(type, sizeof(type), "bpf_iter_%s", program + 2);
		return btf__find_by_name_kind(h->btf, type, BTF_KIND_FUNC) > 0;
	default:
		if (!strcmp(program, "tick"))
			return true;
		tracepoint_of(program, name);
		snprintf(type, sizeof(type), "btf_trace_%s", name);
		return h->wanted != HOOKS_KPROBES && btf__find_by_name_kind(h->btf, type, BTF_KIND_TYPEDEF) > 0;
	}
}

static const struct way *choose(const struct hooks *h, const struct event *event)
{
	const struct way *way = event->ways;

	for (;; way++) {
		bool all = true;
		for (int i = 0; i < 4 && way->programs[i]; i++)
			all = all && is_there(h, way->programs[i]);
		if (all)
			return way;
	}
}

/* ------------------------------------------------------------------ load, attach */

static void say_missing(struct hooks *h, const char *what)
{
	size_t used = strlen(h->missing);

	if (used + strlen(what) + 3 < sizeof(h->missing))
		sprintf(h->missing + used, "%s%s", used ? "; " : "", what);
}

static void choose_program(struct hooks *h, struct bpf_object *object, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, name);

	if (!program)
		return;
	bpf_program__set_autoload(program, true);
	h->links[h->count].program = name;
	h->links[h->count++].fd = -1;
}

static int find_link(const struct hooks *h, const char *program)
{
	for (size_t i = 0; i < h->count; i++)
		if (!strcmp(h->links[i].program, program))
			return (int)i;
	return -1;
}

/* One program for several of a tracepoint, if all of them are chosen. */
static void merge_programs(struct hooks *h, struct bpf_object *object)
{
	static const struct {
		const char *one, *all[3];
	} merged[] = {
		{ "t_sock_send_length_all", { "t_sock_send_length", "t_sock_send_length_udp", "t_sock_send_length_raw" } },
		{ "t_sock_recv_length_all", { "t_sock_recv_length", "t_sock_recv_length_udp" } },
	};

	for (size_t i = 0; i < sizeof(merged) / sizeof(merged[0]); i++) {
		bool all = is_there(h, merged[i].one) && bpf_object__find_program_by_name(object, merged[i].one);

		for (int k = 0; k < 3 && merged[i].all[k]; k++)
			all = all && find_link(h, merged[i].all[k]) >= 0;
		for (int k = 0; all && k < 3 && merged[i].all[k]; k++) {
			int at = find_link(h, merged[i].all[k]);

			bpf_program__set_autoload(bpf_object__find_program_by_name(object, merged[i].all[k]), false);
			h->links[at] = h->links[--h->count];
		}
		if (all)
			choose_program(h, object, merged[i].one);
	}
}

void hooks_choose(struct hooks *h, struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, false);
	h->count = 0;
	h->missing[0] = '\0';
	h->accept_by_use = false;
	for (size_t i = 0; i < h->bad_count; i++) {
		char name[HOOK_NAME_MAX], line[HOOK_NAME_MAX + 64];
		snprintf(line, sizeof(line), "%s: %s", hook_name(h->bad[i], name), strerror(h->bad_errno[i]));
		say_missing(h, line);
	}
	for (size_t i = 0; i < EVENTS; i++) {
		const struct way *way = choose(h, &events[i]);

		for (int k = 0; k < 4 && way->programs[k]; k++)
			choose_program(h, object, way->programs[k]);
		if (way->weaker)
			say_missing(h, way->weaker);
		if (!way->programs[0] && !strcmp(events[i].name, "tcp accept"))
			h->accept_by_use = true;
	}
	merge_programs(h, object);
}

void hooks_say_none(const struct hooks *h)
{
	char name[HOOK_NAME_MAX];

	if (h->bad_count) {
		errno = h->bad_errno[0];
		warn("attach flows to %s", hook_name(h->bad[0], name));
	} else {
		warnx("attach flows: this kernel has none of the %s",
		      h->wanted == HOOKS_KPROBES ? "kprobes" : h->wanted == HOOKS_TRACEPOINTS ? "tracepoints" : "hooks");
	}
	hint("ringside-loader check says which ways there are");
}

bool hooks_has(const struct hooks *h, const char *program)
{
	return find_link(h, program) >= 0;
}

/* A clock of one CPU that runs the program four times a second. */
static struct bpf_link *attach_tick(struct bpf_program *program)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = TICK_NS,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return NULL;
	return bpf_program__attach_perf_event(program, fd); /* the descriptor is the link's now */
}

int hooks_attach(struct hooks *h, struct bpf_object *object)
{
	int again = 0;

	for (size_t i = 0; i < h->count; i++) {
		struct bpf_program *program = bpf_object__find_program_by_name(object, h->links[i].program);
		struct bpf_link *link = !strcmp(h->links[i].program, "tick") ? attach_tick(program) :
										bpf_program__attach(program);
		if (link) {
			/* else it would stop the probe or the clock behind the link */
			bpf_link__disconnect(link);
			h->links[i].fd = bpf_link__fd(link);
			bpf_link__destroy(link);
			continue;
		}
		h->bad_errno[h->bad_count] = errno;
		h->bad[h->bad_count++] = h->links[i].program;
		again = 1;
	}
	for (size_t i = 0; again && i < h->count; i++)
		if (h->links[i].fd >= 0)
			close(h->links[i].fd);
	return again;
}

__u32 hooks_used(const struct hooks *h)
{
	__u32 used = 0;

	for (size_t i = 0; i < h->count; i++) {
		switch (h->links[i].program[0]) {
		case 'k':
		case 'r':
			used |= RS_HOOK_KPROBES;
			break;
		case 'i': /* shows what is there, and sees nothing happen */
			break;
		default:
			used |= strcmp(h->links[i].program, "tick") ? RS_HOOK_TRACEPOINTS : 0;
		}
	}
	return used;
}

/* ------------------------------------------------------------------ names */

const char *hook_file(const char *program)
{
	if (!strcmp(program, "i_tcp"))
		return RS_PIN_TCP;
	return strcmp(program, "i_udp") ? NULL : RS_PIN_UDP;
}

const char *hook_name(const char *program, char name[HOOK_NAME_MAX])
{
	char tracepoint[HOOK_NAME_MAX];

	switch (program[0]) {
	case 'k': snprintf(name, HOOK_NAME_MAX, "kprobe %s", program + 2); break;
	case 'r': snprintf(name, HOOK_NAME_MAX, "kretprobe %s", program + 2); break;
	case 'i': snprintf(name, HOOK_NAME_MAX, "iterator %s", program + 2); break;
	default:
		if (!strcmp(program, "tick")) {
			snprintf(name, HOOK_NAME_MAX, "timer");
			break;
		}
		tracepoint_of(program, tracepoint);
		snprintf(name, HOOK_NAME_MAX, "tracepoint %.28s", tracepoint);
	}
	return name;
}

void hooks_describe(struct hooks *h, void (*say)(const char *event, const char *how, const char *weaker))
{
	char name[HOOK_NAME_MAX], how[256];

	for (size_t i = 0; i < EVENTS; i++) {
		const struct way *way = choose(h, &events[i]);
		const char *last = "";

		how[0] = '\0';
		for (int k = 0; k < 4 && way->programs[k]; k++) {
			char once[HOOK_NAME_MAX + 4];
			snprintf(once, sizeof(once), "%s%s", *how ? ", " : "", hook_name(way->programs[k], name));
			if (!strstr(how, name)) /* two programs of one tracepoint */
				strncat(how, once, sizeof(how) - strlen(how) - 1);
			last = way->programs[k];
		}
		say(events[i].name, *last ? how : way->instead, way->weaker);
	}
}
