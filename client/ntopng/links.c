// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "links.h"

#define OPER_UNKNOWN 0 /* RFC 2863's states; of drivers that tell none the carrier counts */
#define OPER_UP 6

struct reading {
	void (*each)(void *context, const struct link *link);
	void *context;
};

static bool is_veth(const struct rtattr *info)
{
	const struct rtattr *inside[IFLA_INFO_MAX + 1];

	if (!info)
		return false;
	netlink_attributes(inside, IFLA_INFO_MAX, RTA_DATA(info), RTA_PAYLOAD(info));
	return inside[IFLA_INFO_KIND] && !strncmp(RTA_DATA(inside[IFLA_INFO_KIND]), "veth", RTA_PAYLOAD(inside[IFLA_INFO_KIND]));
}

static uint32_t read_u32(const struct rtattr *attribute, uint32_t otherwise)
{
	uint32_t value = otherwise;

	if (attribute && RTA_PAYLOAD(attribute) >= sizeof(value))
		memcpy(&value, RTA_DATA(attribute), sizeof(value));
	return value;
}

static void read_link(void *context, const struct nlmsghdr *message)
{
	const struct reading *reading = context;
	const struct ifinfomsg *info = NLMSG_DATA(message);
	const struct rtattr *a[IFLA_MAX + 1];
	struct link link = { .index = info->ifi_index, .hardware = info->ifi_type };
	size_t known;
	int state;

	if (message->nlmsg_type != RTM_NEWLINK)
		return;
	netlink_attributes(a, IFLA_MAX, IFLA_RTA(info), IFLA_PAYLOAD(message));
	if (!a[IFLA_IFNAME])
		return;
	snprintf(link.name, sizeof(link.name), "%.*s", (int)RTA_PAYLOAD(a[IFLA_IFNAME]), (char *)RTA_DATA(a[IFLA_IFNAME]));
	state = a[IFLA_OPERSTATE] ? *(unsigned char *)RTA_DATA(a[IFLA_OPERSTATE]) : OPER_UNKNOWN;
	link.up = info->ifi_flags & IFF_UP;
	link.works = state == OPER_UP || (state == OPER_UNKNOWN && info->ifi_flags & IFF_RUNNING);
	link.loopback = info->ifi_flags & IFF_LOOPBACK;
	link.promiscuous = read_u32(a[IFLA_PROMISCUITY], 0) > 0;
	link.veth = is_veth(a[IFLA_LINKINFO]);
	link.peer_nsid = (int)read_u32(a[IFLA_LINK_NETNSID], (uint32_t)-1);
	if (a[IFLA_STATS64]) {
		known = RTA_PAYLOAD(a[IFLA_STATS64]);
		memcpy(&link.stats, RTA_DATA(a[IFLA_STATS64]), known < sizeof(link.stats) ? known : sizeof(link.stats));
	}
	reading->each(reading->context, &link);
}

int links_read(struct netlink *netlink, int index, void (*each)(void *context, const struct link *link), void *context)
{
	struct reading reading = { each, context };
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
	} request = {
		.header = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETLINK },
		.info = { .ifi_family = AF_UNSPEC, .ifi_index = index },
	};

	return netlink_ask(netlink, &request.header, index ? 0 : NLM_F_DUMP, read_link, &reading);
}

int64_t link_speed(const char *name)
{
	/* the kernel says first how long its masks are, and then the rest */
	struct {
		struct ethtool_link_settings settings;
		uint32_t masks[3 * 127];
	} link = { .settings.cmd = ETHTOOL_GLINKSETTINGS };
	struct ifreq request = { .ifr_data = (void *)&link };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool known;

	if (fd < 0)
		return 0;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	known = !ioctl(fd, SIOCETHTOOL, &request) && link.settings.link_mode_masks_nwords < 0;
	if (known) {
		link.settings.cmd = ETHTOOL_GLINKSETTINGS;
		link.settings.link_mode_masks_nwords = (int8_t)-link.settings.link_mode_masks_nwords;
		known = !ioctl(fd, SIOCETHTOOL, &request) && link.settings.speed != (uint32_t)SPEED_UNKNOWN;
	}
	close(fd);
	return known ? link.settings.speed : 0;
}
