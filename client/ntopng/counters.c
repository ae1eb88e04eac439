// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <net/if_arp.h>

#include "counters.h"
#include "json.h"

/* IANA's ifType. */
static int if_type(int hardware)
{
	switch (hardware) {
	case ARPHRD_ETHER: return 6;
	case ARPHRD_LOOPBACK: return 24;
	case ARPHRD_PPP: return 23;
	case ARPHRD_IEEE80211: return 71;
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE: return 131;
	default: return 1; /* other */
	}
}

void counters_json(struct bytes *b, const struct link *link, const char *exporter, uint64_t sample,
		   const struct container *container)
{
	json_begin(b, NULL);
	json_text(b, "deviceIP", *exporter ? exporter : "0.0.0.0", NAME_MOST);
	json_number(b, "samplesGenerated", (int64_t)sample);
	json_number(b, "ifIndex", link->index);
	json_text(b, "ifName", link->name, NAME_MOST);
	json_number(b, "ifType", if_type(link->hardware));
	json_number(b, "ifSpeed", link_speed(link->name) * 1000000);
	json_text(b, "ifDirection", "Full", NAME_MOST);
	json_text(b, "ifAdminStatus", link->up ? "Up" : "Down", NAME_MOST);
	json_text(b, "ifOperStatus", link->works ? "Up" : "Down", NAME_MOST);
	json_number(b, "ifInOctets", (int64_t)link->stats.rx_bytes);
	json_number(b, "ifInPackets", (int64_t)link->stats.rx_packets);
	json_number(b, "ifInErrors", (int64_t)link->stats.rx_errors);
	json_number(b, "ifOutOctets", (int64_t)link->stats.tx_bytes);
	json_number(b, "ifOutPackets", (int64_t)link->stats.tx_packets);
	json_number(b, "ifOutErrors", (int64_t)link->stats.tx_errors);
	json_number(b, "ifPromiscuousMode", link->promiscuous);
	if (container)
		json_container(b, container);
	json_end(b);
}
