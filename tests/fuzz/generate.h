/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * generate.h - makes packets: build() from a list of layers, which comes from
 * the text of a hand-made packet (parse_layers) or from a number (random_frame).
 * The same text or number makes the same packet, whatever came before.
 */
#ifndef GENERATE_H
#define GENERATE_H

#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_MIN 14   /* less BPF_PROG_TEST_RUN does not take */
#define FRAME_MAX 8192
#define LAYERS_MAX 24

/* --- random numbers: the same for the same packet ------------------------ */

static uint64_t rng;

static uint32_t rnd(void)
{
	uint64_t z = rng += 0x9e3779b97f4a7c15; /* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) >> 16;
}

static uint32_t below(uint32_t n)
{
	return rnd() % n;
}

static bool percent(uint32_t n)
{
	return below(100) < n;
}

#define ONE_OF(...) ((const int[]){ __VA_ARGS__ }[below(sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))])

/* --- a packet is a list of layers ---------------------------------------- */

enum kind {
	TAG, ETYPE, IP4, IP6,
	HBH, RT, DST, FRAG, AH, MH, HIP, SHIM, ESP, NONE,
	ICMP, ICMP6, TCP, UDP, SCTP, DCCP, LITE, IGMP, GRE, DATA,
	PAD, CUT,
	KINDS,
};

/* What each is called in made.h, and its number in the header before it. */
static const struct {
	const char *name;
	int protocol;
} kinds[KINDS] = {
	[TAG] = { "tag", -1 }, [ETYPE] = { "type", -1 }, [IP4] = { "ip4", 4 }, [IP6] = { "ip6", 41 },
	[HBH] = { "hbh", 0 }, [RT] = { "rt", 43 }, [DST] = { "dst", 60 }, [FRAG] = { "frag", 44 },
	[AH] = { "ah", 51 }, [MH] = { "mh", 135 }, [HIP] = { "hip", 139 }, [SHIM] = { "shim", 140 },
	[ESP] = { "esp", 50 }, [NONE] = { "none", 59 }, [ICMP] = { "icmp", 1 }, [ICMP6] = { "icmp6", 58 },
	[TCP] = { "tcp", 6 }, [UDP] = { "udp", 17 }, [SCTP] = { "sctp", 132 }, [DCCP] = { "dccp", 33 },
	[LITE] = { "lite", 136 }, [IGMP] = { "igmp", 2 }, [GRE] = { "gre", 47 }, [DATA] = { "data", 253 },
	[PAD] = { "pad", -1 }, [CUT] = { "cut", -1 },
};

#define UNSET -1

struct layer {
	enum kind kind;
	int value;   /* VLAN id, EtherType, ICMP type, bytes of data or padding */
	int code;    /* ICMP */
	int tpid;    /* of a tag */
	int next;    /* protocol number instead of the following layer's */
	int version; /* instead of 4 or 6 */
	int ihl;     /* instead of the true one, in words */
	int options; /* words behind an IPv4 header */
	int route;   /* type of a routing header, or of an IPv4 option that fills the options */
	int off;     /* of a fragment, in units of 8 bytes */
	int mf;
	int units;   /* the header's length field, where it has one, and its true length */
	int length;  /* instead of the true one */
	int add;     /* to it */
	int at;      /* where it began (set by build) */
};

static const struct layer plain = {
	.code = UNSET, .tpid = 0x8100, .next = UNSET, .version = UNSET, .ihl = UNSET,
	.route = UNSET, .length = UNSET, .units = UNSET, .value = UNSET,
};

struct frame {
	uint8_t bytes[FRAME_MAX];
	uint32_t size;
};

static void put(struct frame *f, uint32_t byte)
{
	if (f->size < FRAME_MAX)
		f->bytes[f->size++] = byte;
}

static void put_random(struct frame *f, uint32_t count)
{
	while (count--)
		put(f, rnd());
}

static void put16(struct frame *f, uint32_t value)
{
	put(f, value >> 8);
	put(f, value);
}

static void set16(struct frame *f, uint32_t at, uint32_t value)
{
	if (at + 2 <= f->size) {
		f->bytes[at] = value >> 8;
		f->bytes[at + 1] = value;
	}
}

static int ethertype_of(const struct layer *l)
{
	switch (l->kind) {
	case TAG: return l->tpid;
	case ETYPE: return l->value;
	case IP4: return 0x0800;
	case IP6: return 0x86dd;
	default: return 0x88b5; /* for local experiments: nobody dissects it */
	}
}

static int next_of(const struct layer *l, const struct layer *end)
{
	if (l->next != UNSET)
		return l->next;
	return l + 1 < end && kinds[l[1].kind].protocol >= 0 ? kinds[l[1].kind].protocol : 59;
}

/* One option that fills the words: record route, timestamp, source route, or no-operations. */
static void put_ip4_options(struct frame *f, int type, uint32_t bytes)
{
	uint32_t end = f->size + bytes;

	if (type > 1 && bytes >= 8) {
		put(f, type);
		put(f, bytes - 1);
		put(f, type == 68 ? 5 : 4);
		put_random(f, bytes - 4);
	}
	while (f->size < end)
		put(f, type == 0 ? 0 : 1);
}

static void put_ip4(struct frame *f, const struct layer *l, const struct layer *end)
{
	int ihl = l->ihl == UNSET ? 5 + l->options : l->ihl;

	put(f, (l->version == UNSET ? 4 : l->version) << 4 | (ihl & 15));
	put_random(f, 1);
	put16(f, 0); /* length: see set_lengths() */
	put_random(f, 2);
	put16(f, (rnd() & 0x4000) | l->mf << 13 | l->off);
	put_random(f, 1);
	put(f, next_of(l, end));
	put_random(f, 2 + 8);
	put_ip4_options(f, l->route, l->options * 4);
}

static void put_ip6(struct frame *f, const struct layer *l, const struct layer *end)
{
	put(f, (l->version == UNSET ? 6 : l->version) << 4 | below(16));
	put_random(f, 3);
	put16(f, 0);
	put(f, next_of(l, end));
	put_random(f, 1 + 32);
}

static void put_padn(struct frame *f, uint32_t bytes)
{
	while (bytes > 0) {
		uint32_t n = bytes > 257 ? 257 : bytes;

		if (n == 1) {
			put(f, 0); /* Pad1 */
		} else {
			put(f, 1);
			put(f, n - 2);
			for (uint32_t i = 2; i < n; i++)
				put(f, 0);
		}
		bytes -= n;
	}
}

static void put_extension(struct frame *f, const struct layer *l, const struct layer *end)
{
	uint32_t units = l->units == UNSET ? l->kind == AH ? 4 : l->kind == HIP ? 4 : 0 : l->units;

	put(f, next_of(l, end));
	if (l->kind == FRAG) {
		put_random(f, 1);
		put16(f, l->off << 3 | (rnd() & 6) | l->mf);
		put_random(f, 4);
	} else if (l->kind == AH) {
		put(f, units);
		put16(f, 0);
		put_random(f, (units + 2) * 4 - 4);
	} else {
		uint32_t rest = (units + 1) * 8 - 2;

		put(f, units);
		if (l->kind == RT) {
			put(f, l->route == UNSET ? 253 : l->route);
			put(f, 0); /* no segments left */
			put_random(f, rest - 2);
		} else if (l->kind == HBH || l->kind == DST) {
			put_padn(f, rest);
		} else if (l->kind == MH) {
			put(f, 0); /* binding refresh request */
			put_random(f, 5);
			put_padn(f, rest - 6);
		} else {
			put_random(f, rest);
		}
	}
}

static void put_layer(struct frame *f, const struct layer *l, const struct layer *end)
{
	switch (l->kind) {
	case TAG:
		put16(f, (rnd() & 0xf000) | (l->value == UNSET ? below(4096) : (uint32_t)l->value));
		put16(f, l + 1 < end ? ethertype_of(l + 1) : 0x88b5);
		break;
	case IP4:
		put_ip4(f, l, end);
		break;
	case IP6:
		put_ip6(f, l, end);
		break;
	case HBH: case RT: case DST: case FRAG: case AH: case MH: case HIP: case SHIM:
		put_extension(f, l, end);
		break;
	case ICMP: case ICMP6:
		put(f, l->value == UNSET ? l->kind == ICMP ? 8 : 128 : l->value);
		put(f, l->code == UNSET ? 0 : l->code);
		put_random(f, 6);
		break;
	case TCP:
		put_random(f, 12);
		put(f, 0x50);
		put_random(f, 7);
		break;
	case UDP: case LITE:
		put_random(f, 4);
		put16(f, 8);
		put_random(f, 2);
		break;
	case SCTP: case ESP: case IGMP:
		put_random(f, 12);
		break;
	case DCCP:
		put_random(f, 4);
		put(f, 4);
		put_random(f, 11);
		break;
	case GRE:
		put16(f, 0);
		put16(f, l + 1 < end ? ethertype_of(l + 1) : 0x88b5);
		break;
	case DATA: case PAD:
		put_random(f, l->value == UNSET ? 8 : l->value);
		break;
	case ETYPE: case NONE: case CUT: case KINDS:
		break;
	}
}

/* IP lengths reach to the end of what was built, padding of the link aside. */
static void set_lengths(struct frame *f, const struct layer *layers, const struct layer *end, uint32_t ip_end)
{
	for (const struct layer *l = layers; l < end; l++) {
		if (l->kind == IP4)
			set16(f, l->at + 2, (l->length == UNSET ? ip_end - l->at : (uint32_t)l->length) + l->add);
		if (l->kind == IP6)
			set16(f, l->at + 4, (l->length == UNSET ? ip_end - l->at - 40 : (uint32_t)l->length) + l->add);
	}
}

static void build(struct frame *f, struct layer *layers, int count)
{
	struct layer *end = layers + count;
	uint32_t ip_end;

	f->size = 0;
	put(f, 2); /* neither a multicast nor one of Cisco's ISL addresses */
	put_random(f, 5);
	put(f, 2);
	put_random(f, 5);
	put16(f, ethertype_of(layers));
	ip_end = f->size;
	for (struct layer *l = layers; l < end; l++) {
		l->at = f->size;
		put_layer(f, l, end);
		if (l->kind != PAD)
			ip_end = f->size;
	}
	set_lengths(f, layers, end, ip_end);
	for (struct layer *l = layers; l < end; l++)
		if (l->kind == CUT && (uint32_t)l->value < f->size)
			f->size = l->value;
	if (f->size < FRAME_MIN)
		f->size = FRAME_MIN;
}

/* --- hand-made packets: text to layers ----------------------------------- */

/* "ip4 ihl=6 options=1 icmp=3.4 ip4 udp data=8": a layer, what is special about
 * it, the next layer. Values are numbers in any base that strtol knows.
 */
static void set_field(struct layer *l, const char *key, int value, const char *text)
{
	const struct {
		const char *name;
		int *field;
	} fields[] = {
		{ "tpid", &l->tpid }, { "next", &l->next }, { "ver", &l->version }, { "ihl", &l->ihl },
		{ "options", &l->options }, { "route", &l->route }, { "off", &l->off }, { "mf", &l->mf },
		{ "units", &l->units }, { "len", &l->length }, { "add", &l->add },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		if (strcmp(fields[i].name, key) == 0) {
			*fields[i].field = value;
			return;
		}
	}
	errx(1, "made.h: %s: unknown word %s", text, key);
}

static int parse_layers(const char *text, struct layer *layers)
{
	char copy[512], *save = NULL;
	int count = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		char *value = strchr(word, '=');
		int kind = 0;

		if (value)
			*value++ = 0;
		while (kind < KINDS && strcmp(kinds[kind].name, word) != 0)
			kind++;
		if (kind == KINDS) {
			if (count == 0 || !value)
				errx(1, "made.h: %s: unknown word %s", text, word);
			set_field(&layers[count - 1], word, strtol(value, NULL, 0), text);
			continue;
		}
		if (count == LAYERS_MAX)
			errx(1, "made.h: %s: too many layers", text);
		layers[count] = plain;
		layers[count].kind = kind;
		if (value) {
			char *dot = strchr(value, '.');

			layers[count].value = strtol(value, NULL, 0);
			if (dot)
				layers[count].code = strtol(dot + 1, NULL, 0);
		}
		count++;
	}
	return count;
}

static const char *const made[] = {
#include "made.h"
};
#define MADE_N ((int)(sizeof(made) / sizeof(*made)))

/* --- random packets ------------------------------------------------------- */

struct list {
	struct layer layer[LAYERS_MAX];
	int count;
};

static struct layer *add(struct list *list, enum kind kind)
{
	struct layer *l = &list->layer[list->count < LAYERS_MAX - 1 ? list->count++ : list->count];

	*l = plain;
	l->kind = kind;
	return l;
}

static void random_tags(struct list *list)
{
	int tags = ONE_OF(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3);

	while (tags--) {
		struct layer *l = add(list, TAG);

		l->tpid = percent(3) ? 0x9100 : percent(50) ? 0x8100 : 0x88a8;
		l->value = percent(20) ? ONE_OF(0, 1, 4094, 4095) : (int)below(4096);
	}
	if (percent(2))
		add(list, ETYPE)->value = ONE_OF(0x0806, 0x8035, 0x0800, 0x86dd, 0x8847, 46, 0x9100);
}

static void random_extensions(struct list *list, uint32_t most)
{
	int count = percent(55) ? 0 : 1 + below(percent(80) ? 3 : most);

	while (count--) {
		struct layer *l = add(list, ONE_OF(HBH, HBH, RT, RT, DST, DST, DST, FRAG, FRAG, AH, AH, MH, HIP, SHIM));

		l->units = percent(60) ? UNSET : (int)below(percent(97) ? l->kind == AH ? 9 : 5 : 256);
		if (l->units != UNSET && l->kind == AH && percent(80))
			l->units |= 1; /* RFC 4302: a multiple of 8 bytes in IPv6 */
		if (l->kind == RT)
			l->route = ONE_OF(UNSET, 0, 2, 3, 4, 5, 254);
		if (l->kind == FRAG) {
			l->off = percent(75) ? 0 : 1 << below(13);
			l->mf = below(2);
		}
		if (percent(2))
			l->next = below(256);
	}
}

static void random_ip(struct list *list, bool v6, bool inner);

static void random_quote(struct list *list, bool v6)
{
	if (percent(5))
		add(list, DATA)->value = below(60);
	else
		random_ip(list, percent(4) ? !v6 : v6, true);
}

static void random_icmp(struct list *list, bool v6, bool inner)
{
	/* now and then the other version's, which has no business here */
	bool six = percent(3) ? !v6 : v6;
	struct layer *l = add(list, six ? ICMP6 : ICMP);
	bool error = percent(50);

	if (error)
		l->value = six ? ONE_OF(1, 2, 3, 4) : ONE_OF(3, 3, 3, 4, 5, 11, 12);
	else if (percent(70))
		l->value = six ? ONE_OF(128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 143, 0, 5, 100, 127)
			       : ONE_OF(0, 8, 13, 14, 15, 16, 17, 18, 9, 10, 30, 40, 42, 43);
	else
		l->value = below(256);
	l->code = percent(80) ? below(6) : below(256);
	if (error && !inner)
		random_quote(list, six);
	else
		add(list, DATA)->value = below(48);
}

static void random_transport(struct list *list, bool v6, bool inner)
{
	uint32_t icmp = inner ? 10 : 80;

	if (percent(icmp)) {
		random_icmp(list, v6, inner);
		return;
	}
	switch (below(12)) {
	case 0:
		random_ip(list, percent(50), true); /* a tunnel, not a quote */
		break;
	case 1:
		add(list, GRE);
		random_ip(list, v6, true);
		break;
	case 2:
		add(list, ONE_OF(ESP, NONE, IGMP, DATA));
		break;
	default:
		add(list, ONE_OF(TCP, TCP, UDP, UDP, UDP, SCTP, DCCP, LITE));
		add(list, DATA)->value = below(24);
	}
}

static void random_ip(struct list *list, bool v6, bool inner)
{
	struct layer *l = add(list, v6 ? IP6 : IP4);

	if (!v6) {
		l->options = percent(30) ? below(11) : 0;
		l->route = ONE_OF(0, 1, 7, 68, 131, 137, 148, 30);
		l->mf = percent(15);
		l->off = percent(10) ? 1 << below(13) : 0;
		if (percent(4))
			l->ihl = below(16);
	}
	if (percent(2))
		l->version = below(16);
	if (percent(3))
		l->length = percent(40) ? 0 : below(100);
	if (percent(inner ? 40 : 10))
		l->add = percent(70) ? (int)below(1200) : -(int)below(60);
	if (percent(2))
		l->next = below(256);
	if (v6 || percent(2))
		random_extensions(list, inner ? 5 : 11);
	if (list->count > LAYERS_MAX - 8)
		return;
	random_transport(list, v6, inner);
}

/* What a broken sender or a bad cable would do. */
static void damage(struct frame *f)
{
	for (int times = 1 + below(3); times > 0; times--) {
		uint32_t at = below(f->size < 110 ? f->size : 110);

		switch (below(6)) {
		case 0:
			f->bytes[at] = rnd();
			break;
		case 1:
			f->bytes[at] ^= 1 << below(8);
			break;
		case 2:
			f->bytes[at] = ONE_OF(0, 1, 6, 17, 43, 44, 51, 58, 60, 135, 255, 0x45, 0x60);
			break;
		case 3:
			set16(f, at, below(100));
			break;
		default:
			f->size = FRAME_MIN + below(f->size - FRAME_MIN + 1);
		}
	}
}

static void random_frame(struct frame *f, uint64_t number)
{
	struct list list = { .count = 0 };

	rng = number * 0xd1342543de82ef95 + 1;
	if (percent(2)) {
		f->size = 0;
		put_random(f, FRAME_MIN + below(200));
		set16(f, 12, ONE_OF(0x0800, 0x0800, 0x86dd, 0x86dd, 0x8100, 0x88a8, rnd() & 0xffff));
		if (percent(70)) /* the version nibble */
			f->bytes[14] = f->bytes[12] == 8 ? 0x45 : 0x60;
		return;
	}
	random_tags(&list);
	random_ip(&list, percent(50), false);
	if (percent(10))
		add(&list, PAD)->value = below(40);
	build(f, list.layer, list.count);
	if (percent(35))
		damage(f);
}

#endif
