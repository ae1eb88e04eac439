// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The sockets' records, which are large, are followed beside those of interfaces: whole, in time, by their own name. */
#include "pinned.h"

static uint64_t seed;

/* Every byte depends on the number; what the reader must believe is as told. */
static void make_flow(struct rs_flow *flow, uint64_t n, uint64_t ts_ns)
{
	uint64_t random = n ^ 0xf10;

	random_bytes(&random, flow, sizeof(*flow));
	flow->hdr.type = RS_CONNECT + n % (RS_FLOW - RS_CONNECT + 1);
	flow->hdr.ts_ns = ts_ns;
	flow->attribution = (__u8)(n % 3);
	if (flow->attribution == RS_BY_UNKNOWN)
		memset(&flow->process, 0, sizeof(flow->process));
}

static void make_icmp(struct rs_icmp *icmp, uint64_t n, uint64_t ts_ns)
{
	uint64_t random = n ^ 0x1c3;

	random_bytes(&random, icmp, sizeof(*icmp));
	icmp->hdr.type = RS_ICMP;
	icmp->hdr.ts_ns = ts_ns;
	icmp->origin = RS_ORIGIN_NONE;
}

static void check_flow(const struct ringside_event *e)
{
	const struct rs_flow *found = e->record;
	struct rs_flow expected;

	make_flow(&expected, e->seq, found->hdr.ts_ns);
	EQUAL(found->hdr.seq, e->seq + 1);
	CHECK(!memcmp((const char *)found + 16, (const char *)&expected + 16, sizeof(expected) - 16));
	CHECK(e->process == (expected.attribution == RS_BY_UNKNOWN ? NULL : &found->process));
	EQUAL_TEXT(e->source->name, "flows");
	EQUAL_TEXT(e->source->if_name, "");
}

static void check_icmp(const struct ringside_event *e)
{
	const struct rs_icmp *found = e->record;
	struct rs_icmp expected;

	make_icmp(&expected, e->seq, found->hdr.ts_ns);
	EQUAL(found->hdr.seq, e->seq + 1);
	CHECK(!memcmp((const char *)found + 16, (const char *)&expected + 16, sizeof(expected) - 16));
	CHECK(!e->process);
	EQUAL_TEXT(e->source->name, "eth0");
}

/* ------------------------------------------------------------------ following */

#define CPUS 3

/* Both sizes in one stream, by time; all of one batch are good at once. */
static void test_both(size_t max)
{
	static struct ringside_event events[RINGSIDE_BATCH_MAX];
	struct pinned flows = pinned_new("flows", RS_FLOW_SLOT_SIZE, CPUS, 2048);
	struct pinned eth0 = pinned_new("eth0", RS_SLOT_SIZE, CPUS, 2048);
	struct ringside *r = pinned_open(NULL, 0);
	uint64_t random = seed, written[2] = {}, next[2][CPUS] = {}, found[2] = {}, last_ns = 0;
	struct ringside_counters c;
	int n, attached = 0, most = 0;

	while ((n = ringside_next(r, events, max)) > 0)
		for (int i = 0; i < n; i++)
			attached += events[i].kind == RINGSIDE_ATTACHED;
	EQUAL(attached, 2);
	for (uint64_t ts = 1; ts <= 4000; ts++) {
		uint32_t cpu = (uint32_t)random_below(&random, CPUS);
		if (random_below(&random, 2)) {
			struct rs_flow flow;
			make_flow(&flow, next[0][cpu]++, ts);
			pinned_write(&flows, cpu, &flow);
			written[0]++;
		} else {
			struct rs_icmp icmp;
			make_icmp(&icmp, next[1][cpu]++, ts);
			pinned_write(&eth0, cpu, &icmp);
			written[1]++;
		}
	}
	memset(next, 0, sizeof(next));
	while ((n = ringside_next(r, events, max)) > 0) {
		CHECK((size_t)n <= max);
		most = n > most ? n : most;
		for (int i = 0; i < n; i++) {
			struct ringside_event *e = &events[i];
			bool icmp = ((const struct rs_hdr *)e->record)->type == RS_ICMP;

			EQUAL(e->kind, RINGSIDE_RECORD);
			if (icmp)
				check_icmp(e);
			else
				check_flow(e);
			EQUAL(e->seq, next[icmp][e->cpu]++);
			EQUAL(((const struct rs_hdr *)e->record)->ts_ns, last_ns + 1);
			last_ns++;
			found[icmp]++;
		}
	}
	EQUAL(n, 0);
	EQUAL(found[0], written[0]);
	EQUAL(found[1], written[1]);
	printf("at most %zu: %d at once\n", max, most);
	CHECK(most > 100 || (size_t)most == max);
	ringside_counters(r, ringside_source(r, 0), &c);
	EQUAL(c.lost, 0);
	ringside_close(r);
	pinned_remove(&flows);
	pinned_remove(&eth0);
}

/* Small records still come as many at a time as are asked for. */
static void test_small_batch(void)
{
	static struct ringside_event events[RINGSIDE_BATCH_MAX];
	struct pinned eth0 = pinned_new("eth0", RS_SLOT_SIZE, 1, 4096);
	struct ringside *r = pinned_open("eth0", RINGSIDE_FROM_START);
	struct rs_icmp icmp;

	EQUAL(ringside_next(r, events, RINGSIDE_BATCH_MAX), 1);
	for (uint64_t n = 0; n < 3000; n++) {
		make_icmp(&icmp, n, n);
		pinned_write(&eth0, 0, &icmp);
	}
	EQUAL(ringside_next(r, events, RINGSIDE_BATCH_MAX), RINGSIDE_BATCH_MAX);
	for (int i = 0; i < RINGSIDE_BATCH_MAX; i++)
		check_icmp(&events[i]);
	EQUAL(ringside_next(r, events, 1), 1);
	EQUAL(ringside_next(r, events, 1 << 20), RINGSIDE_BATCH_MAX);
	ringside_close(r);
	pinned_remove(&eth0);
}

static void drain(struct ringside *r, uint64_t *taken, uint64_t *lost)
{
	static struct ringside_event events[RINGSIDE_BATCH_MAX];
	int n;

	*taken = *lost = 0;
	while ((n = ringside_next(r, events, RINGSIDE_BATCH_MAX)) > 0) {
		for (int i = 0; i < n; i++) {
			if (events[i].kind == RINGSIDE_RECORD) {
				check_flow(&events[i]);
				++*taken;
			} else if (events[i].kind == RINGSIDE_LOST) {
				*lost += events[i].count;
			}
		}
	}
	EQUAL(n, 0);
}

static void write_flows(const struct pinned *flows, uint64_t from, uint64_t count)
{
	struct rs_flow flow;

	for (uint64_t n = from; n < from + count; n++) {
		make_flow(&flow, n, n);
		EQUAL(pinned_write(flows, 0, &flow), n);
	}
}

static void test_lapped(void)
{
	struct pinned flows = pinned_new("flows", RS_FLOW_SLOT_SIZE, 1, 64);
	struct ringside *r = pinned_open("flows", RINGSIDE_FROM_START);
	uint64_t taken, lost;

	write_flows(&flows, 0, 64);
	drain(r, &taken, &lost);
	EQUAL(taken, 64);
	EQUAL(lost, 0);
	write_flows(&flows, 64, 200);
	drain(r, &taken, &lost);
	EQUAL(taken, 64);
	EQUAL(lost, 136);
	ringside_close(r);
	pinned_remove(&flows);
}

/* Whatever word of a record is not what was summed up, the record is lost and nothing else is. */
static void test_torn(void)
{
	struct pinned flows = pinned_new("flows", RS_FLOW_SLOT_SIZE, 1, 256);
	struct ringside *r = pinned_open("flows", RINGSIDE_FROM_START);
	struct ringside_counters c;
	uint64_t taken, lost;

	for (uint64_t n = 0; n < RS_FLOW_SLOT_SIZE / 8 - 1; n++) {
		WHERE("word %" PRIu64, n + 1);
		write_flows(&flows, 2 * n, 2);
		pinned_slot(&flows, 0, 2 * n)[8 + n * 8] ^= 1 << n % 8;
		drain(r, &taken, &lost);
		EQUAL(taken, 1);
		EQUAL(lost, 1);
		ringside_counters(r, ringside_source(r, 0), &c);
		EQUAL(c.torn, n + 1);
	}
	test_where[0] = '\0';
	ringside_close(r);
	pinned_remove(&flows);
}

/* ------------------------------------------------------------------ which sources */

/* What is said of one source: ATTACHED, or REFUSED with this error. */
static void check_opens(const char *dir, uint32_t slot_size, uint32_t ring_value, int error)
{
	struct pinned p = pinned_new(dir, slot_size, 2, 16);
	struct ringside_event events[4];
	struct ringside *r;

	WHERE("%s of %u, ring of %u", dir, slot_size, ring_value);
	pinned_ring_value = ring_value;
	r = pinned_open(NULL, 0);
	EQUAL(ringside_next(r, events, 4), 1);
	EQUAL(events[0].kind, error ? RINGSIDE_REFUSED : RINGSIDE_ATTACHED);
	EQUAL(-events[0].error, -error);
	EQUAL(ringside_sources(r), !error);
	ringside_close(r);
	pinned_ring_value = 0;
	pinned_remove(&p);
	test_where[0] = '\0';
}

static void test_sizes(void)
{
	check_opens("flows", RS_FLOW_SLOT_SIZE, 0, 0);
	check_opens("eth0", RS_SLOT_SIZE, 0, 0);
	check_opens("%66lows", RS_SLOT_SIZE, 0, 0);
	check_opens("flows", RS_SLOT_SIZE, 0, -EPROTO);
	check_opens("eth0", RS_FLOW_SLOT_SIZE, 0, -EPROTO);
	check_opens("%66lows", RS_FLOW_SLOT_SIZE, 0, -EPROTO);
	check_opens("flows", 512, 0, -EPROTO);
	check_opens("flows", 2048, 0, -EPROTO);
	check_opens("eth0", 64, 0, -EPROTO);
	check_opens("flows", RS_FLOW_SLOT_SIZE, RS_SLOT_SIZE, -EPROTO);
	check_opens("eth0", RS_SLOT_SIZE, RS_FLOW_SLOT_SIZE, -EPROTO);
}

/* The sockets, the interface whose name is that word, and another. */
static void test_names(void)
{
	static const struct { const char *wanted; unsigned int flows, eth0, escaped; } rows[] = {
		{ "flows", 1, 0, 0 }, { "eth0", 0, 1, 0 }, { NULL, 1, 1, 1 }, { "%66lows", 0, 0, 0 },
	};
	struct pinned flows = pinned_new("flows", RS_FLOW_SLOT_SIZE, 1, 16);
	struct pinned eth0 = pinned_new("eth0", RS_SLOT_SIZE, 1, 16);
	struct pinned escaped = pinned_new("%66lows", RS_SLOT_SIZE, 1, 16);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ringside *r = pinned_open(rows[i].wanted, 0);
		unsigned int found[3] = {};
		const struct ringside_source *s;

		WHERE("%s", rows[i].wanted ?: "all");
		for (size_t k = 0; (s = ringside_source(r, k)); k++) {
			found[0] += s->about.slot_size == RS_FLOW_SLOT_SIZE && !strcmp(s->name, "flows") && !*s->if_name;
			found[1] += !strcmp(s->name, "eth0") && !strcmp(s->if_name, "eth0");
			found[2] += s->about.slot_size == RS_SLOT_SIZE && !strcmp(s->name, "flows") &&
				    !strcmp(s->if_name, "flows");
		}
		EQUAL(ringside_sources(r), found[0] + found[1] + found[2]);
		EQUAL(found[0], rows[i].flows);
		EQUAL(found[1], rows[i].eth0);
		EQUAL(found[2], rows[i].escaped);
		ringside_close(r);
	}
	test_where[0] = '\0';
	pinned_remove(&flows);
	pinned_remove(&eth0);
	pinned_remove(&escaped);
}

/* There is no interface that could be removed or renamed, whatever happens among them. */
static void test_no_interface(void)
{
	struct pinned flows = pinned_new("flows", RS_FLOW_SLOT_SIZE, 1, 16), other;
	struct ringside_event events[4];
	struct stat ns;
	struct ringside *r;
	int fd;

	CHECK(!stat("/proc/self/ns/net", &ns));
	flows.about.netns_ino = ns.st_ino;
	strcpy(flows.about.if_name, "lo"); /* not that it should be there */
	fd = pinned_file(&flows, RS_PIN_ABOUT, O_WRONLY);
	CHECK(write(fd, &flows.about, sizeof(flows.about)) == sizeof(flows.about));
	close(fd);
	r = pinned_open("flows", 0);
	EQUAL(ringside_next(r, events, 4), 1);
	EQUAL(events[0].kind, RINGSIDE_ATTACHED);
	EQUAL_TEXT(events[0].source->if_name, "");
	other = pinned_new("eth0", RS_SLOT_SIZE, 1, 16); /* news: all is looked at again */
	EQUAL(ringside_next(r, events, 4), 0);
	EQUAL(ringside_next(r, events, 4), 0);
	EQUAL(ringside_sources(r), 1);
	ringside_close(r);
	pinned_remove(&flows);
	pinned_remove(&other);
}

int main(void)
{
	seed = random_seed();
	test_both(RINGSIDE_BATCH_MAX);
	test_both(256);
	test_both(7);
	test_small_batch();
	test_lapped();
	test_torn();
	test_sizes();
	test_names();
	test_no_interface();
	pinned_end();
	return 0;
}
