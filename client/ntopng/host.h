/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* host.h - this host's addresses. */
#ifndef NTOPNG_HOST_H
#define NTOPNG_HOST_H

#include <net/if.h>
#include <netinet/in.h>

struct host {
	char ip[INET_ADDRSTRLEN]; /* IPv4, of the default route if there is one; "" if there is none at all */
	char if_name[IF_NAMESIZE]; /* that has it */
};

void host_read(struct host *host);

/* Calls EACH with every address of this host but loopback's. */
void host_addresses(void (*each)(void *context, const char *ip), void *context);

#endif
