/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* endpoint.h - whether there can be anything at an endpoint: libzmq finds out later, and keeps it to itself. */
#ifndef NTOPNG_ENDPOINT_H
#define NTOPNG_ENDPOINT_H

#include <stddef.h>

/* ENDPOINT is one to connect to. Returns NULL, or what is wrong with it. Asks for a host's address, which may take a while. */
const char *endpoint_fault(const char *endpoint);

#endif
