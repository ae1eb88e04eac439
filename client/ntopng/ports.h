/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* ports.h - the ports that listen, as ntopng takes them. */
#ifndef NTOPNG_PORTS_H
#define NTOPNG_PORTS_H

#include "bytes.h"
#include "flow.h"

#define PORT_NAME_SIZE 64

struct port {
	int kind, number; /* kind: which of ntopng's four lists */
	char process[PORT_NAME_SIZE];
};

struct ports {
	struct port *list;
	size_t count, room;
};

void ports_add(struct ports *ports, const struct flow *flow);
/* Calls SEND with one message, or with several when they do not fit one, and empties the list. */
void ports_send(struct ports *ports, struct bytes *b, void (*send)(void *context, const struct bytes *b), void *context);
void ports_free(struct ports *ports);

#endif
