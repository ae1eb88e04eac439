// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"

/* The address that the kernel would send from. Connecting a UDP socket sends nothing. */
static struct in_addr route_address(void)
{
	struct sockaddr_in far = { .sin_family = AF_INET, .sin_port = htons(9) }, here = {};
	socklen_t length = sizeof(here);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, "192.0.2.1", &far.sin_addr); /* for documentation: whatever is not near */
	if (fd >= 0) {
		if (connect(fd, (struct sockaddr *)&far, sizeof(far)) ||
		    getsockname(fd, (struct sockaddr *)&here, &length))
			here.sin_addr.s_addr = INADDR_ANY;
		close(fd);
	}
	return here.sin_addr;
}

static bool is_loopback(const struct ifaddrs *i)
{
	return i->ifa_flags & IFF_LOOPBACK;
}

void host_read(struct host *host)
{
	struct in_addr wanted = route_address();
	struct ifaddrs *all, *found = NULL;

	*host = (struct host){};
	if (getifaddrs(&all))
		return;
	for (struct ifaddrs *i = all; i; i = i->ifa_next) {
		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET)
			continue;
		if (((struct sockaddr_in *)i->ifa_addr)->sin_addr.s_addr == wanted.s_addr) {
			found = i;
			break;
		}
		if ((!found || is_loopback(found)) && (!found || !is_loopback(i)))
			found = i;
	}
	if (found) {
		inet_ntop(AF_INET, &((struct sockaddr_in *)found->ifa_addr)->sin_addr, host->ip, sizeof(host->ip));
		snprintf(host->if_name, sizeof(host->if_name), "%s", found->ifa_name);
	}
	freeifaddrs(all);
}

void host_addresses(void (*each)(void *context, const char *ip), void *context)
{
	char ip[INET6_ADDRSTRLEN];
	struct ifaddrs *all;

	if (getifaddrs(&all))
		return;
	for (struct ifaddrs *i = all; i; i = i->ifa_next) {
		const void *address;

		if (!i->ifa_addr || is_loopback(i))
			continue;
		if (i->ifa_addr->sa_family == AF_INET)
			address = &((struct sockaddr_in *)i->ifa_addr)->sin_addr;
		else if (i->ifa_addr->sa_family == AF_INET6)
			address = &((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr;
		else
			continue;
		if (inet_ntop(i->ifa_addr->sa_family, address, ip, sizeof(ip)))
			each(context, ip);
	}
	freeifaddrs(all);
}
