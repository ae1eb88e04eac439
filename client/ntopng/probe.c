// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "probe.h"

#define IDLE_S 60

/* The boot's: the same for every start of this program, and nothing that anybody need not know. */
static void read_uuid(char uuid[37])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd >= 0 ? read(fd, uuid, 36) : 0;

	if (fd >= 0)
		close(fd);
	uuid[got == 36 ? 36 : 0] = '\0';
}

void probe_open(struct probe *probe)
{
	struct utsname name;

	*probe = (struct probe){};
	read_uuid(probe->uuid);
	if (!uname(&name))
		snprintf(probe->os, sizeof(probe->os), "%.20s %.40s", name.sysname, name.release);
}

struct look {
	struct probe *probe;
	int64_t now_ms;
};

static void look_at(void *context, const struct link *link)
{
	const struct look *look = context;
	struct probe *p = look->probe;
	uint64_t bytes = link->stats.rx_bytes + link->stats.tx_bytes;
	uint64_t packets = link->stats.rx_packets + link->stats.tx_packets;
	int64_t ms = look->now_ms - p->at_ms;

	p->bps = p->pps = 0;
	if (p->at_ms && ms > 0 && bytes >= p->bytes && packets >= p->packets) {
		p->bps = (int64_t)((bytes - p->bytes) * 8000 / (uint64_t)ms);
		p->pps = (int64_t)((packets - p->packets) * 1000 / (uint64_t)ms);
	}
	p->bytes = bytes;
	p->packets = packets;
	p->at_ms = look->now_ms;
	p->speed = link_speed(link->name);
}

void probe_look(struct probe *probe, struct netlink *netlink, const struct host *host, int64_t now_ms)
{
	struct look look = { probe, now_ms };
	unsigned int index = *host->if_name ? if_nametoindex(host->if_name) : 0;

	if (index)
		links_read(netlink, (int)index, look_at, &look);
}

void probe_json(struct bytes *b, const struct probe *probe, const struct host *host, const struct probe_account *account)
{
	json_begin(b, NULL);
	json_number(b, "time", time(NULL));
	json_number(b, "bytes", (int64_t)probe->bytes);
	json_number(b, "packets", (int64_t)probe->packets);
	json_number(b, "packet_drops", (int64_t)account->lost);
	json_begin(b, "iface");
	json_text(b, "name", host->if_name, NAME_MOST);
	json_number(b, "speed", probe->speed);
	json_text(b, "ip", host->ip, NAME_MOST);
	json_end(b);
	json_begin(b, "probe");
	json_text(b, "ip", host->ip, NAME_MOST);
	json_text(b, "uuid", probe->uuid, NAME_MOST);
	json_text(b, "version", "ringside " RS_VERSION, NAME_MOST);
	json_text(b, "osname", probe->os, NAME_MOST);
	json_end(b);
	json_begin(b, "avg");
	json_number(b, "bps", probe->bps);
	json_number(b, "pps", probe->pps);
	json_end(b);
	json_begin(b, "timeout");
	json_number(b, "lifetime", account->lifetime_s);
	json_number(b, "idle", IDLE_S);
	json_end(b);
	json_begin(b, "drops");
	json_number(b, "export_queue_full", (int64_t)account->dropped);
	json_number(b, "flow_collection_drops", (int64_t)account->lost);
	json_end(b);
	json_begin(b, "zmq");
	json_number(b, "num_flow_exports", (int64_t)account->flows_sent);
	json_number(b, "num_exporters", 1);
	json_end(b);
	json_end(b);
}
