// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "endpoint.h"

#define HOST_MOST 255

/* "[::1]" is an address, and its brackets are not part of it. */
static void strip_brackets(char *host)
{
	size_t length = strlen(host);

	if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
		memmove(host, host + 1, length - 2);
		host[length - 2] = '\0';
	}
}

static const char *resolve(const char *host)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	int error = getaddrinfo(host, NULL, &hints, &found);

	if (error)
		return gai_strerror(error);
	freeaddrinfo(found);
	return NULL;
}

const char *endpoint_fault(const char *endpoint)
{
	const char *host, *colon, *port;
	char name[HOST_MOST + 1];
	char *end;
	long number;

	if (strncmp(endpoint, "tcp://", 6) || strchr(endpoint, ';')) /* ; after the address to connect from */
		return NULL;
	host = endpoint + 6;
	colon = strrchr(host, ':');
	port = colon ? colon + 1 : "";
	number = strtol(port, &end, 10);
	if (*port < '0' || *port > '9' || *end || number < 1 || number > 65535)
		return "it must end in a port, from 1 to 65535";
	if (colon == host || colon - host > HOST_MOST)
		return "it has no host";
	memcpy(name, host, (size_t)(colon - host));
	name[colon - host] = '\0';
	if (!strcmp(name, "*"))
		return "* is no host; without the final c it binds";
	strip_brackets(name);
	return resolve(name);
}
