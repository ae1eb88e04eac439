// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* main.c - ringside-loader: options and subcommands. */
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "hooks.h"
#include "loader.h"
#include "pins.h"

static const struct command {
	const char *name;
	const char *arguments;
	const char *what;
	int (*run)(const struct options *o, int count, char **arguments);
} commands[] = {
	{ "load", "[OPTIONS] IFACE...", "attach, pin and exit", command_load },
	{ "unload", "IFACE... | --all", "detach and remove the pins", command_unload },
	{ "status", "[--json] [IFACE...]", "what is loaded, who may read, what was counted", command_status },
	{ "check", "[IFACE...]", "what this machine can do, and what is missing", command_check },
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *out)
{
	fprintf(out, "usage:\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  ringside-loader %-6s %-20s  %s\n", commands[i].name,
			commands[i].arguments, commands[i].what);
	fprintf(out, "\n"
		"load:\n"
		"  -g, --group GROUP     who may read (default: the group of the user who ran sudo,\n"
		"                        else the group ringside, else root alone)\n"
		"  -m, --mode MODE       0600 root, 0660 the group (default), 0666 everybody\n"
		"      --xdp MODE        native, generic or auto (default: native where the driver can)\n"
		"      --no-egress       do not watch what goes out\n"
		"      --no-icmp         do not watch ICMP\n"
		"      --no-flows        do not watch TCP and UDP\n"
		"      --flow-interval S totals of each TCP connection so often, in seconds (default: 0, none)\n"
		"      --hooks WAY       kprobes, tracepoints or auto (default: of each the best there is)\n"
		"      --ring-size BYTES for each CPU, K and M allowed (default: 16M shared by the CPUs)\n"
		"      --replace         take the place of another XDP program\n"
		"      --compile         compile the installed sources here and load the result\n"
		"      --source FILE     compile and load your own program, see ringside-loader(8)\n"
		"all:\n"
		"      --pin-root DIR    instead of " RS_PIN_ROOT " (or " RS_PIN_ROOT_ENV ")\n"
		"  -v, --verbose         show what libbpf says\n"
		"  -h, --help            this text\n"
		"  -V, --version         " RS_VERSION "\n"
		"\n"
		"example:\n"
		"  sudo ringside-loader load -g adm eth0\n");
}

void hint(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "  ");
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

static int print_nothing(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return 0;
}

static int parse_mode(const char *text)
{
	char *end;
	long mode = strtol(text, &end, 8);

	if (*text == '\0' || *end != '\0' || (mode != 0600 && mode != 0660 && mode != 0666)) {
		warnx("mode %s: must be 0600, 0660 or 0666", text);
		hint("the ring is opened read-write to be mapped, although nobody can write to it");
		return -1;
	}
	return (int)mode;
}

static size_t parse_size(const char *text)
{
	char *end;
	unsigned long long size = strtoull(text, &end, 10), unit = 1;

	if (*end == 'K' || *end == 'k')
		unit = 1 << 10, end++;
	else if (*end == 'M' || *end == 'm')
		unit = 1 << 20, end++;
	if (size <= 256 << 20) /* so that it cannot wrap */
		size *= unit;
	if (*text < '0' || *text > '9' || *end != '\0' || size < 4096 || size > 256 << 20) {
		warnx("ring size %s: must be a number of bytes from 4K to 256M", text);
		return 0;
	}
	return size;
}

static int parse_xdp(const char *text, enum xdp_mode *mode)
{
	if (!strcmp(text, "auto"))
		*mode = XDP_MODE_AUTO;
	else if (!strcmp(text, "native"))
		*mode = XDP_MODE_NATIVE;
	else if (!strcmp(text, "generic"))
		*mode = XDP_MODE_GENERIC;
	else
		return warnx("xdp mode %s: must be native, generic or auto", text), -1;
	return 0;
}

static int parse_hooks(const char *text, struct options *o)
{
	o->hooks_given = true;
	if (!strcmp(text, "auto"))
		o->hooks = HOOKS_AUTO;
	else if (!strcmp(text, "kprobes"))
		o->hooks = HOOKS_KPROBES;
	else if (!strcmp(text, "tracepoints"))
		o->hooks = HOOKS_TRACEPOINTS;
	else
		return warnx("hooks %s: must be kprobes, tracepoints or auto", text), -1;
	return 0;
}

static int parse_interval(const char *text, double *seconds)
{
	char *end;

	*seconds = strtod(text, &end);
	if (*text < '0' || *text > '9' || *end || (*seconds != 0 && !(*seconds >= 1 && *seconds <= 86400))) {
		warnx("flow interval %s: must be a number of seconds from 1 to 86400, or 0 for none", text);
		return -1;
	}
	return 0;
}

enum { OPT_XDP = 256, OPT_NO_EGRESS, OPT_NO_ICMP, OPT_NO_FLOWS, OPT_FLOW_INTERVAL, OPT_HOOKS, OPT_RING_SIZE, OPT_REPLACE,
       OPT_COMPILE, OPT_SOURCE, OPT_ALL, OPT_JSON, OPT_PIN_ROOT };

static const struct option long_options[] = {
	{ "group", required_argument, NULL, 'g' },
	{ "mode", required_argument, NULL, 'm' },
	{ "xdp", required_argument, NULL, OPT_XDP },
	{ "no-egress", no_argument, NULL, OPT_NO_EGRESS },
	{ "no-icmp", no_argument, NULL, OPT_NO_ICMP },
	{ "no-flows", no_argument, NULL, OPT_NO_FLOWS },
	{ "flow-interval", required_argument, NULL, OPT_FLOW_INTERVAL },
	{ "hooks", required_argument, NULL, OPT_HOOKS },
	{ "ring-size", required_argument, NULL, OPT_RING_SIZE },
	{ "replace", no_argument, NULL, OPT_REPLACE },
	{ "compile", no_argument, NULL, OPT_COMPILE },
	{ "source", required_argument, NULL, OPT_SOURCE },
	{ "all", no_argument, NULL, OPT_ALL },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "pin-root", required_argument, NULL, OPT_PIN_ROOT },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{}
};

/* Which command may take which option: all that are not here, every one. */
static bool option_fits(int option, const char *command)
{
	switch (option) {
	case OPT_ALL:
		return !strcmp(command, "unload");
	case OPT_JSON:
		return !strcmp(command, "status");
	case OPT_PIN_ROOT:
	case 'v':
		return true;
	default:
		return !strcmp(command, "load");
	}
}

/* Returns 0 to go on, or 1 and the exit code. */
static int parse_options(int argc, char **argv, struct options *o, const char *command, int *code)
{
	const char *environment = getenv(RS_PIN_ROOT_ENV);
	int option, index = -1;

	*o = (struct options){
		.pin_root = environment && *environment ? environment : RS_PIN_ROOT,
		.pin_root_given = environment && *environment,
		.mode = -1, .egress = true, .icmp = true, .flows = true, .flow_interval = -1,
	};
	*code = EXIT_USAGE;
	while ((option = getopt_long(argc, argv, "g:m:vhV", long_options, &index)) != -1) {
		if (option != '?' && option != 'h' && option != 'V' && !option_fits(option, command)) {
			warnx("%s: not an option of %s", argv[optind - 1], command);
			return 1;
		}
		switch (option) {
		case 'g': o->group = optarg; break;
		case 'm': if ((o->mode = parse_mode(optarg)) < 0) return 1; break;
		case OPT_XDP: if (parse_xdp(optarg, &o->xdp)) return 1; break;
		case OPT_NO_EGRESS: o->egress = false; break;
		case OPT_NO_ICMP: o->icmp = false; break;
		case OPT_NO_FLOWS: o->flows = false; break;
		case OPT_FLOW_INTERVAL: if (parse_interval(optarg, &o->flow_interval)) return 1; break;
		case OPT_HOOKS: if (parse_hooks(optarg, o)) return 1; break;
		case OPT_RING_SIZE: if (!(o->ring_size = parse_size(optarg))) return 1; break;
		case OPT_REPLACE: o->replace = true; break;
		case OPT_COMPILE: o->compile = true; break;
		case OPT_SOURCE: o->source = optarg; break;
		case OPT_ALL: o->all = true; break;
		case OPT_JSON: o->json = true; break;
		case OPT_PIN_ROOT: o->pin_root = optarg; o->pin_root_given = true; break;
		case 'v': o->verbose = true; break;
		case 'h': usage(stdout); *code = EXIT_DONE; return 1;
		case 'V': puts("ringside-loader " RS_VERSION); *code = EXIT_DONE; return 1;
		default: hint("ringside-loader --help shows the options"); return 1;
		}
	}
	if (o->pin_root[0] != '/' || strlen(o->pin_root) > 200) {
		warnx("pin root %s: must be an absolute path of at most 200 bytes", o->pin_root);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct command *command = NULL;
	struct options o;
	int code;

	if (argc >= 2 && argv[1][0] == '-') {
		parse_options(argc, argv, &o, "", &code);
		if (code == EXIT_USAGE)
			usage(stderr);
		return code;
	}
	for (size_t i = 0; argc >= 2 && i < COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			command = &commands[i];
	if (!command) {
		if (argc >= 2)
			warnx("%s: no such command", argv[1]);
		usage(stderr);
		return EXIT_USAGE;
	}
	argv[1] = program_invocation_short_name; /* by which getopt begins its messages */
	if (parse_options(argc - 1, argv + 1, &o, command->name, &code))
		return code;
	if (!o.verbose)
		libbpf_set_print(print_nothing);
	/* nobody who listens is no reason to stop half-way */
	signal(SIGPIPE, SIG_IGN);
	code = command->run(&o, argc - 1 - optind, argv + 1 + optind);
	errno = 0;
	if ((fflush(stdout) || ferror(stdout)) && errno != EPIPE) {
		errno = errno ?: EIO; /* it failed earlier, and why is forgotten */
		warn("write to standard output");
		code = code == EXIT_DONE ? EXIT_FAILED : code;
	}
	return code;
}
