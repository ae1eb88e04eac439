// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <arpa/inet.h>
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "pins.h"
#include "ringside.h"

enum { OPT_FROM_START = 256, OPT_ONCE, OPT_STATS, OPT_TYPE, OPT_NET, OPT_PIN_ROOT };

static const struct option long_options[] = {
	{ "format", required_argument, NULL, 'f' },
	{ "count", required_argument, NULL, 'n' },
	{ "from-start", no_argument, NULL, OPT_FROM_START },
	{ "once", no_argument, NULL, OPT_ONCE },
	{ "stats", required_argument, NULL, OPT_STATS },
	{ "in", no_argument, NULL, 'i' },
	{ "out", no_argument, NULL, 'o' },
	{ "type", required_argument, NULL, OPT_TYPE },
	{ "net", required_argument, NULL, OPT_NET },
	{ "pin-root", required_argument, NULL, OPT_PIN_ROOT },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{}
};

static void usage(void)
{
	printf("usage: ringside-reader [OPTIONS] [SOURCE...]\n"
	       "\n"
	       "Prints what the sources (interfaces that ringside-loader has loaded) see, one\n"
	       "JSON object a line. No SOURCE: all that may be read, and those loaded later.\n"
	       "\n"
	       "  -f, --format FORMAT  json (default) or text\n"
	       "  -n, --count COUNT    stop after COUNT records\n"
	       "      --from-start     begin with the oldest record still in the ring\n"
	       "      --once           stop when all that is there has been read\n"
	       "      --stats SECONDS  a stats record so often, and at the end\n"
	       "  -i, --in             only what comes in\n"
	       "  -o, --out            only what goes out\n"
	       "      --type TYPE,...  only these: 8, 4:8, 6:128 or echo-request\n"
	       "      --net CIDR       only from or to this network; may be repeated\n"
	       "      --pin-root DIR   instead of " RS_PIN_ROOT " (or " RS_PIN_ROOT_ENV ")\n"
	       "  -v, --verbose        say on stderr what is followed\n"
	       "  -h, --help           this text\n"
	       "  -V, --version        " RS_VERSION "\n"
	       "\n"
	       "example:\n"
	       "  ringside-reader eth0 | jq -r 'select(.icmp_type == 5) | .src_ip'\n");
}

/* "echo-request" is "Echo Request": letters, digits, and a dash for the rest. */
static bool name_matches(const char *name, const char *wanted)
{
	for (; *name && *wanted; name++, wanted++) {
		char c = isalnum((unsigned char)*name) ? (char)tolower((unsigned char)*name) : '-';
		if (c != tolower((unsigned char)*wanted))
			return false;
	}
	return !*name && !*wanted;
}

static void add_type(struct options *o, int versions, int type)
{
	if (versions & 4)
		o->types4[type / 64] |= 1ULL << (type % 64);
	if (versions & 2)
		o->types6[type / 64] |= 1ULL << (type % 64);
}

static int parse_type(struct options *o, const char *text)
{
	int versions = 4 | 2, found = 0;
	char *end;
	long type;

	if (!strncmp(text, "4:", 2) || !strncmp(text, "6:", 2)) {
		versions = *text == '4' ? 4 : 2;
		text += 2;
	}
	type = strtol(text, &end, 10);
	if (isdigit((unsigned char)*text) && *end == '\0') {
		if (type > 255)
			return -1;
		add_type(o, versions, (int)type);
		return 0;
	}
	for (int i = 0; i < 256; i++) {
		if ((versions & 4) && name_matches(ringside_icmp_name(4, i), text))
			add_type(o, 4, i), found = 1;
		if ((versions & 2) && name_matches(ringside_icmp_name(6, i), text))
			add_type(o, 2, i), found = 1;
	}
	return found ? 0 : -1;
}

static int parse_types(struct options *o, char *list)
{
	char *rest = list, *text;

	o->by_type = true;
	while ((text = strsep(&rest, ","))) {
		if (!*text || parse_type(o, text)) {
			warnx("type %s: no such ICMP type", text);
			fprintf(stderr, "  a number (8), one of ICMP or ICMPv6 (4:8, 6:128), or IANA's name (echo-request)\n");
			return -1;
		}
	}
	return 0;
}

static int parse_net(struct options *o, const char *text)
{
	char copy[64], *slash, *end;
	struct net net = {}, *more;
	long prefix;

	if (snprintf(copy, sizeof(copy), "%s", text) >= (int)sizeof(copy))
		goto bad;
	slash = strchr(copy, '/');
	if (slash)
		*slash++ = '\0';
	if (inet_pton(AF_INET, copy, net.address) == 1)
		net.ip_version = 4;
	else if (inet_pton(AF_INET6, copy, net.address) == 1)
		net.ip_version = 6;
	else
		goto bad;
	net.prefix = net.ip_version == 4 ? 32 : 128;
	if (slash) {
		prefix = strtol(slash, &end, 10);
		if (!isdigit((unsigned char)*slash) || *end || prefix > net.prefix)
			goto bad;
		net.prefix = (int)prefix;
	}
	more = realloc(o->nets, (o->net_count + 1) * sizeof(*more));
	if (!more) {
		warn("net %s", text);
		return -1;
	}
	o->nets = more;
	o->nets[o->net_count++] = net;
	return 0;
bad:
	warnx("net %s: must be an address or ADDRESS/BITS", text);
	return -1;
}

static int parse_count(const char *text, uint64_t *count)
{
	char *end;

	errno = 0;
	*count = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || errno || *count == 0) {
		warnx("count %s: must be a number from 1 on", text);
		return -1;
	}
	return 0;
}

static int parse_seconds(const char *text, double *seconds)
{
	char *end;

	*seconds = strtod(text, &end);
	if (!isdigit((unsigned char)*text) || *end || !(*seconds >= 0.01 && *seconds <= 86400)) {
		warnx("stats %s: must be a number of seconds from 0.01 to 86400", text);
		return -1;
	}
	return 0;
}

static int parse_sources(char **sources)
{
	for (; *sources; sources++) {
		if (!**sources || strlen(*sources) > 15 || strchr(*sources, '/')) {
			warnx("source %s: not a name an interface can have", *sources);
			return -1;
		}
	}
	return 0;
}

int options_parse(int argc, char **argv, struct options *o, int *code)
{
	int option;

	*o = (struct options){};
	*code = 2;
	argv[0] = program_invocation_short_name; /* by which getopt begins its messages */
	while ((option = getopt_long(argc, argv, "f:n:iovhV", long_options, NULL)) != -1) {
		switch (option) {
		case 'f':
			if (strcmp(optarg, "json") && strcmp(optarg, "text")) {
				warnx("format %s: must be json or text", optarg);
				return -1;
			}
			o->text = *optarg == 't';
			break;
		case 'n': if (parse_count(optarg, &o->count)) return -1; break;
		case OPT_FROM_START: o->from_start = true; break;
		case OPT_ONCE: o->once = true; break;
		case OPT_STATS: if (parse_seconds(optarg, &o->stats)) return -1; break;
		case 'i': o->incoming = true; break;
		case 'o': o->outgoing = true; break;
		case OPT_TYPE: if (parse_types(o, optarg)) return -1; break;
		case OPT_NET: if (parse_net(o, optarg)) return -1; break;
		case OPT_PIN_ROOT: o->pin_root = optarg; break;
		case 'v': o->verbose = true; break;
		case 'h': usage(); *code = 0; return -1;
		case 'V': puts("ringside-reader " RS_VERSION); *code = 0; return -1;
		default:
			fprintf(stderr, "  ringside-reader --help shows the options\n");
			return -1;
		}
	}
	if (optind < argc) {
		o->sources = argv + optind;
		if (parse_sources(o->sources))
			return -1;
	}
	if (o->pin_root && (*o->pin_root != '/' || strlen(o->pin_root) > 200)) {
		warnx("pin root %s: must be an absolute path of at most 200 bytes", o->pin_root);
		return -1;
	}
	return 0;
}

void options_free(struct options *o)
{
	free(o->nets);
	o->nets = NULL;
}

static bool in_net(const struct net *net, const uint8_t *address)
{
	int bytes = net->prefix / 8, bits = net->prefix % 8;

	return !memcmp(net->address, address, (size_t)bytes) &&
	       (!bits || !((net->address[bytes] ^ address[bytes]) >> (8 - bits)));
}

bool options_want(const struct options *o, const struct rs_icmp *r)
{
	const uint64_t *types = r->hdr.ip_version == 6 ? o->types6 : o->types4;

	if (o->incoming != o->outgoing && (r->hdr.direction == RS_IN) != o->incoming)
		return false;
	if (o->by_type && !(types[r->icmp_type / 64] >> (r->icmp_type % 64) & 1))
		return false;
	if (!o->net_count)
		return true;
	for (size_t i = 0; i < o->net_count; i++)
		if (o->nets[i].ip_version == r->hdr.ip_version &&
		    (in_net(&o->nets[i], r->src) || in_net(&o->nets[i], r->dst)))
			return true;
	return false;
}
