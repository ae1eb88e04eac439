/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* loader.h - what the subcommands share: options, and one function each. */
#ifndef RINGSIDE_LOADER_H
#define RINGSIDE_LOADER_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

enum xdp_mode { XDP_MODE_AUTO, XDP_MODE_NATIVE, XDP_MODE_GENERIC };

struct options {
	const char *pin_root;
	bool pin_root_given;
	bool verbose;
	/* load */
	const char *group; /* name or number; NULL: not given */
	int mode;	   /* of the ring's pin; -1: not given */
	enum xdp_mode xdp;
	bool egress;
	bool icmp;
	bool flows;
	int hooks; /* enum hooks_wanted */
	bool hooks_given;
	double flow_interval; /* seconds; -1: not given, 0: none */
	size_t ring_size; /* bytes for each CPU; 0: not given */
	bool replace;
	bool compile;
	const char *source; /* FILE.bpf.c; NULL: none */
	/* unload */
	bool all;
	/* status, check */
	bool json;
};

/* Each returns an exit code and has said on stderr what went wrong. */
int command_load(const struct options *o, int count, char **interfaces);
int command_unload(const struct options *o, int count, char **interfaces);
int command_status(const struct options *o, int count, char **interfaces);
int command_check(const struct options *o, int count, char **interfaces);

/* A second line under an error, only where the user can act. */
void hint(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
