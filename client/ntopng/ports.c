// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "host.h"
#include "json.h"
#include "ports.h"

#define PORTS_MOST (1 << 18)	    /* four lists of 65536 */
#define ADDRESSES_MOST 16384	    /* bytes of a message: the rest is for ports */
#define FULL (MESSAGE_MOST - 1024)  /* another port may not fit */

static const char *const kinds[] = { "tcp4", "udp4", "tcp6", "udp6" };
#define KINDS (int)(sizeof(kinds) / sizeof(kinds[0]))

void ports_add(struct ports *ports, const struct flow *flow)
{
	struct port *port;

	if (!flow->local_port || ports->count == PORTS_MOST)
		return;
	if (ports->count == ports->room) {
		size_t room = ports->room ? ports->room * 2 : 64;

		port = realloc(ports->list, room * sizeof(*port));
		if (!port)
			return;
		ports->list = port;
		ports->room = room;
	}
	port = &ports->list[ports->count++];
	*port = (struct port){ .kind = (flow->ip_version == 6) * 2 + (flow->protocol == IPPROTO_UDP), .number = flow->local_port };
	if (flow->comm)
		memcpy(port->process, flow->comm, whole_characters(flow->comm, PORT_NAME_SIZE - 1));
}

static int compare(const void *a, const void *b)
{
	const struct port *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind - y->kind;
	return x->number != y->number ? x->number - y->number : strcmp(x->process, y->process);
}

static void put_address(void *context, const char *ip)
{
	struct bytes *b = context;

	if (b->length < ADDRESSES_MOST)
		json_text(b, NULL, ip, NAME_MOST);
}

/* Writes as many as fit, from NEXT on; returns the first that did not. */
static size_t put_ports(const struct ports *ports, size_t next, struct bytes *b)
{
	bytes_clear(b);
	json_begin(b, NULL);
	json_list(b, "ip-addresses");
	host_addresses(put_address, b);
	json_list_end(b);
	json_begin(b, "listening-ports");
	for (int kind = 0; kind < KINDS; kind++) {
		json_list(b, kinds[kind]);
		for (; next < ports->count && ports->list[next].kind == kind && b->length < FULL; next++) {
			const struct port *port = &ports->list[next];

			if (next && !compare(port, port - 1))
				continue; /* on another address */
			json_begin(b, NULL);
			json_number(b, "port", port->number);
			json_text(b, "proc", port->process, PORT_NAME_SIZE);
			json_text(b, "pkg", "", 0);
			json_end(b);
		}
		json_list_end(b);
	}
	json_end(b);
	json_end(b);
	return next;
}

void ports_send(struct ports *ports, struct bytes *b, void (*send)(void *context, const struct bytes *b), void *context)
{
	size_t next = 0;

	if (ports->count)
		qsort(ports->list, ports->count, sizeof(*ports->list), compare);
	do {
		next = put_ports(ports, next, b);
		send(context, b);
	} while (next < ports->count);
	ports->count = 0;
}

void ports_free(struct ports *ports)
{
	free(ports->list);
	*ports = (struct ports){};
}
