// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "pins.h"

#define ENDPOINT "tcp://127.0.0.1:1234c"
#define QUEUE_MOST 100000

enum {
	OPT_FORMAT = 256, OPT_IF_NAME_KEY, OPT_HEADER, OPT_SOURCE_ID, OPT_SERVER_KEY, OPT_NETSTAT, OPT_COUNTERS,
	OPT_QUEUE, OPT_FIRST_ID, OPT_PIN_ROOT,
};

static const struct option long_options[] = {
	{ "zmq", required_argument, NULL, 'z' },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "if-name-key", required_argument, NULL, OPT_IF_NAME_KEY },
	{ "header", required_argument, NULL, OPT_HEADER },
	{ "source-id", required_argument, NULL, OPT_SOURCE_ID },
	{ "server-key", required_argument, NULL, OPT_SERVER_KEY },
	{ "netstat", required_argument, NULL, OPT_NETSTAT },
	{ "counters", required_argument, NULL, OPT_COUNTERS },
	{ "queue", required_argument, NULL, OPT_QUEUE },
	{ "first-id", required_argument, NULL, OPT_FIRST_ID },
	{ "pin-root", required_argument, NULL, OPT_PIN_ROOT },
	{ "no-loopback", no_argument, NULL, 'l' },
	{ "no-listening", no_argument, NULL, 'L' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{}
};

static void usage(void)
{
	printf("usage: ringside-reader | ringside-ntopng [OPTIONS]\n"
	       "\n"
	       "Sends what ringside-reader sees to ntopng, as flows.\n"
	       "\n"
	       "  -z, --zmq ENDPOINT       where ntopng is: with a final c, connect to it; without,\n"
	       "                           bind and let it connect (default " ENDPOINT ")\n"
	       "      --format FORMAT      json (default), or tlv, for ntopng's community builds\n"
	       "      --server-key KEY     encrypt; ntopng's public key, 40 characters of Z85\n"
	       "      --netstat SECONDS    so often, the open sockets\n"
	       "      --counters SECONDS   so often, the interfaces' counters\n"
	       "  -l, --no-loopback        not what goes from here to here\n"
	       "  -L, --no-listening       not the sockets that listen\n"
	       "      --if-name-key KEY    what the interface's name is called: IF_NAME (default),\n"
	       "                           INTERFACE_NAME or none\n"
	       "      --header VERSION     1 (default) or 3\n"
	       "      --source-id NUMBER   tells this exporter from others of the same ntopng\n"
	       "      --queue COUNT        flows to hold while ntopng is away (default %d)\n"
	       "      --first-id NUMBER    the number of the first message (default 0)\n"
	       "      --pin-root DIR       instead of " RS_PIN_ROOT " (or " RS_PIN_ROOT_ENV ")\n"
	       "  -v, --verbose            say on stderr who comes and goes\n"
	       "  -h, --help               this text\n"
	       "  -V, --version            " RS_VERSION "\n"
	       "\n"
	       "example:\n"
	       "  ringside-reader | ringside-ntopng -z " ENDPOINT " --netstat 10 --counters 10\n"
	       "  with: ntopng -i tcp://*:1234c\n",
	       QUEUE_MOST);
}

/* Returns 0, or -1 when it has said what is wrong. */
static int parse_number(const char *what, const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno && *value >= least && *value <= most)
		return 0;
	warnx("%s %s: must be a number from %llu to %llu", what, text, (unsigned long long)least, (unsigned long long)most);
	return -1;
}

static int parse_u32(const char *what, const char *text, uint32_t *value)
{
	uint64_t number;

	if (parse_number(what, text, 0, UINT32_MAX, &number))
		return -1;
	*value = (uint32_t)number;
	return 0;
}

static int parse_seconds(const char *what, const char *text, double *seconds)
{
	char *end;

	*seconds = strtod(text, &end);
	if (*text >= '0' && *text <= '9' && !*end && *seconds >= 0.1 && *seconds <= 86400)
		return 0;
	warnx("%s %s: must be a number of seconds from 0.1 to 86400", what, text);
	return -1;
}

static int parse_format(const char *text, bool *tlv)
{
	*tlv = !strcmp(text, "tlv");
	if (*tlv || !strcmp(text, "json"))
		return 0;
	warnx("format %s: must be json or tlv", text);
	return -1;
}

static int parse_if_name_key(const char *text, const char **key)
{
	*key = strcmp(text, "none") ? text : NULL;
	if (!*key || !strcmp(text, "IF_NAME") || !strcmp(text, "INTERFACE_NAME"))
		return 0;
	warnx("if-name-key %s: must be IF_NAME, INTERFACE_NAME or none", text);
	return -1;
}

static int parse_header(const char *text, int *version)
{
	*version = *text - '0';
	if ((*version == 1 || *version == 3) && !text[1])
		return 0;
	warnx("header %s: must be 1 or 3", text);
	return -1;
}

static int check(const struct options *o)
{
	if (o->sender.header.version == 1 && o->sender.header.source_id > UINT8_MAX) {
		warnx("source-id %u: header version 1 has room for 0 to 255", o->sender.header.source_id);
		return -1;
	}
	if (*o->pin_root != '/' || strlen(o->pin_root) > 200) {
		warnx("pin root %s: must be an absolute path of at most 200 bytes", o->pin_root);
		return -1;
	}
	return 0;
}

int options_parse(int argc, char **argv, struct options *o, int *code)
{
	int option;

	*o = (struct options){
		.sender = { .endpoint = ENDPOINT, .header.version = 1, .queue_most = QUEUE_MOST },
		.if_name_key = "IF_NAME",
		.pin_root = getenv(RS_PIN_ROOT_ENV),
	};
	if (!o->pin_root || !*o->pin_root)
		o->pin_root = RS_PIN_ROOT;
	*code = 2;
	argv[0] = program_invocation_short_name; /* by which getopt begins its messages */
	while ((option = getopt_long(argc, argv, "z:lLvhV", long_options, NULL)) != -1) {
		switch (option) {
		case 'z': o->sender.endpoint = optarg; break;
		case OPT_FORMAT: if (parse_format(optarg, &o->sender.tlv)) return -1; break;
		case OPT_IF_NAME_KEY: if (parse_if_name_key(optarg, &o->if_name_key)) return -1; break;
		case OPT_HEADER: if (parse_header(optarg, &o->sender.header.version)) return -1; break;
		case OPT_SOURCE_ID: if (parse_u32("source-id", optarg, &o->sender.header.source_id)) return -1; break;
		case OPT_SERVER_KEY: o->sender.server_key = optarg; break;
		case OPT_NETSTAT: if (parse_seconds("netstat", optarg, &o->netstat)) return -1; break;
		case OPT_COUNTERS: if (parse_seconds("counters", optarg, &o->counters)) return -1; break;
		case OPT_QUEUE: if (parse_number("queue", optarg, 1, 10000000, &o->sender.queue_most)) return -1; break;
		case OPT_FIRST_ID: if (parse_u32("first-id", optarg, &o->sender.first_id)) return -1; break;
		case OPT_PIN_ROOT: o->pin_root = optarg; break;
		case 'l': o->no_loopback = true; break;
		case 'L': o->no_listening = true; break;
		case 'v': o->sender.verbose = true; break;
		case 'h': usage(); *code = 0; return -1;
		case 'V': puts("ringside-ntopng " RS_VERSION); *code = 0; return -1;
		default:
			fprintf(stderr, "  ringside-ntopng --help shows the options\n");
			return -1;
		}
	}
	if (optind < argc) {
		warnx("%s: records come from standard input", argv[optind]);
		return -1;
	}
	return check(o);
}
