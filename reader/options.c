// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <arpa/inet.h>
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "pins.h"

enum {
	OPT_FROM_START = 256, OPT_ONCE, OPT_SNAPSHOT, OPT_STATS, OPT_TYPE, OPT_NET, OPT_PORT, OPT_NO_LOOPBACK, OPT_PID, OPT_UID,
	OPT_COMM, OPT_CONTAINER, OPT_NO_CONTAINER_NAMES, OPT_PIN_ROOT,
};

static const struct option long_options[] = {
	{ "format", required_argument, NULL, 'f' },
	{ "count", required_argument, NULL, 'n' },
	{ "from-start", no_argument, NULL, OPT_FROM_START },
	{ "once", no_argument, NULL, OPT_ONCE },
	{ "snapshot", no_argument, NULL, OPT_SNAPSHOT },
	{ "stats", required_argument, NULL, OPT_STATS },
	{ "tcp", no_argument, NULL, 't' },
	{ "udp", no_argument, NULL, 'u' },
	{ "in", no_argument, NULL, 'i' },
	{ "out", no_argument, NULL, 'o' },
	{ "retransmissions", no_argument, NULL, 'r' },
	{ "close", no_argument, NULL, 'c' },
	{ "type", required_argument, NULL, OPT_TYPE },
	{ "net", required_argument, NULL, OPT_NET },
	{ "port", required_argument, NULL, OPT_PORT },
	{ "no-loopback", no_argument, NULL, OPT_NO_LOOPBACK },
	{ "pid", required_argument, NULL, OPT_PID },
	{ "uid", required_argument, NULL, OPT_UID },
	{ "comm", required_argument, NULL, OPT_COMM },
	{ "container", required_argument, NULL, OPT_CONTAINER },
	{ "container-names", no_argument, NULL, 'd' },
	{ "no-container-names", no_argument, NULL, OPT_NO_CONTAINER_NAMES },
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
	       "Prints what the sources see, one JSON object a line: ICMP of the interfaces that\n"
	       "ringside-loader has loaded (SOURCE is an interface), TCP and UDP of this host\n"
	       "(SOURCE is " RS_SOURCE_FLOWS "). No SOURCE: all that may be read, and those loaded later.\n"
	       "\n"
	       "  -f, --format FORMAT      json (default) or text\n"
	       "  -n, --count COUNT        stop after COUNT records\n"
	       "      --from-start         begin with the oldest record still in the ring\n"
	       "      --once               stop when all that is there has been read\n"
	       "      --snapshot           the sockets that there are now, and stop\n"
	       "      --stats SECONDS      a stats record so often, and at the end\n"
	       "      --pin-root DIR       instead of " RS_PIN_ROOT " (or " RS_PIN_ROOT_ENV ")\n"
	       "  -d, --container-names    ask the container runtimes for names (default)\n"
	       "      --no-container-names only the ids that the kernel knows\n"
	       "  -v, --verbose            say on stderr what is followed\n"
	       "  -h, --help               this text\n"
	       "  -V, --version            " RS_VERSION "\n"
	       "\n"
	       "Only these protocols, and no ICMP:\n"
	       "  -t, --tcp\n"
	       "  -u, --udp\n"
	       "Only these events (several add up):\n"
	       "  -i, --in                 accept, UDP received, ICMP that comes in\n"
	       "  -o, --out                connect, also in vain, UDP sent, ICMP that goes out\n"
	       "  -r, --retransmissions    TCP segments sent again\n"
	       "  -c, --close              TCP connections that end\n"
	       "Only records that match every one of these; all but the last may be repeated, and\n"
	       "match then by any of their values:\n"
	       "      --type TYPE,...      ICMP of these types: 8, 4:8, 6:128 or echo-request\n"
	       "      --net CIDR           an address of either side\n"
	       "      --port PORT          a port of either side; of ICMP, of the packet inside\n"
	       "      --pid PID            the process\n"
	       "      --uid UID|USER       its user\n"
	       "      --comm NAME          its name, exactly\n"
	       "      --container ID|NAME  its container: an id's first digits (4 at least), the\n"
	       "                           name, or the name of the pod\n"
	       "      --no-loopback        not what goes from here to here\n"
	       "\n"
	       "examples:\n"
	       "  ringside-reader eth0 | jq -r 'select(.icmp_type == 5) | .src_ip'\n"
	       "  ringside-reader -f text -to --no-loopback " RS_SOURCE_FLOWS "\n");
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

static int add_number(struct numbers *numbers, uint32_t value)
{
	uint32_t *more = realloc(numbers->values, (numbers->count + 1) * sizeof(*more));

	if (!more) {
		warn("options");
		return -1;
	}
	numbers->values = more;
	numbers->values[numbers->count++] = value;
	return 0;
}

static int add_word(struct words *words, const char *word)
{
	const char **more = realloc(words->values, (words->count + 1) * sizeof(*more));

	if (!more) {
		warn("options");
		return -1;
	}
	words->values = more;
	words->values[words->count++] = word;
	return 0;
}

static bool all_digits(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

static int parse_number(const char *what, const char *text, uint32_t most, struct numbers *numbers)
{
	unsigned long long value;

	errno = 0;
	value = strtoull(text, NULL, 10);
	if (!all_digits(text) || errno || value == 0 || value > most) {
		warnx("%s %s: must be a number from 1 to %u", what, text, most);
		return -1;
	}
	return add_number(numbers, (uint32_t)value);
}

static int parse_uid(const char *text, struct numbers *uids)
{
	struct passwd *user;
	unsigned long long uid;

	if (all_digits(text)) {
		errno = 0;
		uid = strtoull(text, NULL, 10);
		if (errno || uid >= UINT32_MAX) { /* (uid_t)-1 is nobody's */
			warnx("uid %s: must be a number from 0 to %u", text, UINT32_MAX - 1);
			return -1;
		}
		return add_number(uids, (uint32_t)uid);
	}
	user = *text ? getpwnam(text) : NULL;
	if (!user) {
		warnx("uid %s: no such user", text);
		return -1;
	}
	return add_number(uids, user->pw_uid);
}

#define COMM_MOST (sizeof(((struct rs_process *)0)->comm) - 1)

static int parse_comm(const char *text, struct words *comms)
{
	if (!*text) {
		warnx("comm %s: must not be empty", text);
		return -1;
	}
	if (strlen(text) > COMM_MOST) {
		warnx("comm %s: longer than any, the kernel keeps %zu bytes", text, COMM_MOST);
		fprintf(stderr, "  of this one: %.*s\n", (int)COMM_MOST, text);
		return -1;
	}
	return add_word(comms, text);
}

#define CONTAINER_MOST 253 /* bytes of a name; Kubernetes */

static int parse_container(const char *text, struct words *containers)
{
	for (const char *c = text; *c; c++)
		if (!isascii(*c) || (!isalnum((unsigned char)*c) && (c == text || !strchr("_.-", *c))))
			goto bad;
	if (!*text || strlen(text) > CONTAINER_MOST)
		goto bad;
	return add_word(containers, text);
bad:
	warnx("container %s: neither an id nor a name that a container can have", text);
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

/* What cannot match anything was not meant. */
static int check_protocols(const struct options *o)
{
	bool events = o->incoming || o->outgoing || o->retransmissions || o->close;

	if (o->by_type && (o->tcp || o->udp)) {
		warnx("type: only ICMP has types, and --tcp and --udp leave none of it");
		return -1;
	}
	if (o->by_type && events && !o->incoming && !o->outgoing) {
		warnx("type: only ICMP has types, and --retransmissions and --close leave none of it");
		return -1;
	}
	if (o->udp && !o->tcp && events && !o->incoming && !o->outgoing) {
		warnx("udp: --retransmissions and --close are TCP's");
		return -1;
	}
	return 0;
}

/* Sockets are no events, and in no ring. */
static int check_snapshot(const struct options *o)
{
	const char *wrong = o->retransmissions ? "retransmissions" : o->close ? "close" : o->by_type ? "type" :
			    o->from_start ? "from-start" : o->once ? "once" : o->stats > 0 ? "stats" :
			    o->text ? "format text" : NULL;

	if (wrong) {
		warnx("snapshot: --%s is not for sockets that there are", wrong);
		return -1;
	}
	for (char **source = o->sources; source && *source; source++) {
		if (strcmp(*source, RS_SOURCE_FLOWS)) {
			warnx("snapshot: %s has no sockets, only " RS_SOURCE_FLOWS " has", *source);
			return -1;
		}
	}
	return 0;
}

int options_parse(int argc, char **argv, struct options *o, int *code)
{
	int option;

	*o = (struct options){ .container_names = true };
	*code = 2;
	argv[0] = program_invocation_short_name; /* by which getopt begins its messages */
	while ((option = getopt_long(argc, argv, "f:n:tuiorcdvhV", long_options, NULL)) != -1) {
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
		case OPT_SNAPSHOT: o->snapshot = true; break;
		case OPT_STATS: if (parse_seconds(optarg, &o->stats)) return -1; break;
		case 't': o->tcp = true; break;
		case 'u': o->udp = true; break;
		case 'i': o->incoming = true; break;
		case 'o': o->outgoing = true; break;
		case 'r': o->retransmissions = true; break;
		case 'c': o->close = true; break;
		case OPT_TYPE: if (parse_types(o, optarg)) return -1; break;
		case OPT_NET: if (parse_net(o, optarg)) return -1; break;
		case OPT_PORT: if (parse_number("port", optarg, 65535, &o->ports)) return -1; break;
		case OPT_NO_LOOPBACK: o->no_loopback = true; break;
		case OPT_PID: if (parse_number("pid", optarg, INT_MAX, &o->pids)) return -1; break;
		case OPT_UID: if (parse_uid(optarg, &o->uids)) return -1; break;
		case OPT_COMM: if (parse_comm(optarg, &o->comms)) return -1; break;
		case OPT_CONTAINER: if (parse_container(optarg, &o->containers)) return -1; break;
		case 'd': o->container_names = true; break;
		case OPT_NO_CONTAINER_NAMES: o->container_names = false; break;
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
	if (check_protocols(o) || (o->snapshot && check_snapshot(o)))
		return -1;
	o->filters = o->tcp || o->udp || o->incoming || o->outgoing || o->retransmissions || o->close ||
		     o->no_loopback || o->by_type || o->net_count || o->pids.count || o->uids.count ||
		     o->ports.count || o->comms.count || o->containers.count;
	return 0;
}

void options_free(struct options *o)
{
	free(o->nets);
	free(o->pids.values);
	free(o->uids.values);
	free(o->ports.values);
	free(o->comms.values);
	free(o->containers.values);
	*o = (struct options){};
}

static bool in_net(const struct net *net, const uint8_t *address)
{
	int bytes = net->prefix / 8, bits = net->prefix % 8;

	return !memcmp(net->address, address, (size_t)bytes) &&
	       (!bits || !((net->address[bytes] ^ address[bytes]) >> (8 - bits)));
}

/* ------------------------------------------------------------------ which records */

static bool wanted_kind(const struct options *o, const struct rs_hdr *hdr, bool icmp)
{
	if (!o->incoming && !o->outgoing && !o->retransmissions && !o->close)
		return true;
	if (icmp || hdr->type == RS_FLOW)
		return hdr->direction == RS_IN ? o->incoming : o->outgoing;
	switch (hdr->type) {
	case RS_ACCEPT:
	case RS_UDP_RECV: return o->incoming;
	case RS_CONNECT:
	case RS_CONNECT_FAILED:
	case RS_UDP_SEND: return o->outgoing;
	case RS_RETRANSMIT: return o->retransmissions;
	case RS_CLOSE: return o->close;
	default: return false;
	}
}

static bool wanted_protocol(const struct options *o, int protocol)
{
	if (!o->tcp && !o->udp)
		return true;
	return (o->tcp && protocol == IPPROTO_TCP) || (o->udp && protocol == IPPROTO_UDP);
}

static bool wanted_type(const struct options *o, const struct rs_icmp *r)
{
	const uint64_t *types = r->hdr.ip_version == 6 ? o->types6 : o->types4;

	return !o->by_type || (types[r->icmp_type / 64] >> (r->icmp_type % 64) & 1);
}

static bool wanted_net(const struct options *o, int ip_version, const uint8_t *a, const uint8_t *b)
{
	for (size_t i = 0; i < o->net_count; i++)
		if (o->nets[i].ip_version == ip_version && (in_net(&o->nets[i], a) || in_net(&o->nets[i], b)))
			return true;
	return !o->net_count;
}

static bool is_loopback(int ip_version, const uint8_t *address)
{
	static const uint8_t one[16] = { [15] = 1 };

	return ip_version == 6 ? !memcmp(address, one, 16) : address[0] == 127;
}

static bool in_numbers(const struct numbers *numbers, uint32_t value)
{
	for (size_t i = 0; i < numbers->count; i++)
		if (numbers->values[i] == value)
			return true;
	return false;
}

static bool in_words(const struct words *words, const char *word, size_t size)
{
	for (size_t i = 0; word && i < words->count; i++)
		if (!strncmp(words->values[i], word, size))
			return true;
	return false;
}

#define ID_LEAST 4 /* digits: shorter ones would be of many containers */

static bool wanted_container(const struct words *wanted, const struct ringside_event *event)
{
	struct ringside_container container;
	const struct ringside_names *names = event->names;

	if (names && (in_words(wanted, names->container, CONTAINER_MOST + 1) ||
		      in_words(wanted, names->pod, CONTAINER_MOST + 1)))
		return true;
	if (!ringside_container(event->process, &container))
		return false;
	for (size_t i = 0; i < wanted->count; i++) {
		size_t length = strlen(wanted->values[i]);
		if (length >= ID_LEAST && !strncmp(wanted->values[i], container.id, length))
			return true;
	}
	return false;
}

static bool wanted_process(const struct options *o, const struct ringside_event *event)
{
	const struct rs_process *p = event->process;

	if (!o->pids.count && !o->uids.count && !o->comms.count && !o->containers.count)
		return true;
	return p && (!o->pids.count || in_numbers(&o->pids, p->pid)) &&
	       (!o->uids.count || in_numbers(&o->uids, p->uid)) &&
	       (!o->comms.count || in_words(&o->comms, p->comm, sizeof(p->comm))) &&
	       (!o->containers.count || wanted_container(&o->containers, event));
}

static bool match_icmp(const struct options *o, const struct rs_icmp *r, const char *if_name)
{
	int version = r->hdr.ip_version;

	if (o->tcp || o->udp || !wanted_kind(o, &r->hdr, true) || !wanted_type(o, r) ||
	    !wanted_net(o, version, r->src, r->dst))
		return false;
	if (o->ports.count && (!(r->flags & RS_INNER_PORTS) ||
			       (!in_numbers(&o->ports, r->inner_sport) && !in_numbers(&o->ports, r->inner_dport))))
		return false;
	return !o->no_loopback ||
	       (strcmp(if_name, "lo") && !is_loopback(version, r->src) && !is_loopback(version, r->dst));
}

static bool match_flow(const struct options *o, const struct rs_flow *r)
{
	int version = r->hdr.ip_version;

	if (o->by_type || !wanted_protocol(o, r->protocol) || !wanted_kind(o, &r->hdr, false) ||
	    !wanted_net(o, version, r->local, r->remote))
		return false;
	if (o->ports.count && !in_numbers(&o->ports, r->local_port) && !in_numbers(&o->ports, r->remote_port))
		return false;
	return !o->no_loopback ||
	       (strncmp(r->if_name, "lo", sizeof(r->if_name)) && !is_loopback(version, r->local) &&
		!is_loopback(version, r->remote));
}

bool options_match(const struct options *o, const struct ringside_event *event)
{
	const struct rs_hdr *hdr = event->record;

	if (hdr->type == RS_ICMP ? !match_icmp(o, event->record, event->source->if_name) :
				   !match_flow(o, event->record))
		return false;
	return wanted_process(o, event);
}
