/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* hooks.h - where in the kernel flows.bpf.c can be attached, and which ways are preferred. */
#ifndef RINGSIDE_HOOKS_H
#define RINGSIDE_HOOKS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

struct bpf_object;
struct btf;

enum hooks_wanted { HOOKS_AUTO, HOOKS_KPROBES, HOOKS_TRACEPOINTS };

#define HOOKS_MOST 32
#define HOOK_NAME_MAX 40
#define HOOK_WITHOUT_FILE "the file " /* and its name: what is missing without an iterator */

/* What is used of the kernel, and what has to do without. */
struct hooks {
	enum hooks_wanted wanted;
	bool kprobes;		    /* this kernel has them */
	struct btf *btf;	    /* of the kernel, owned */
	char *symbols;		    /* its functions, each between newlines; owned */
	const char *bad[HOOKS_MOST]; /* programs that could not be attached here */
	int bad_errno[HOOKS_MOST];
	size_t bad_count;

	bool accept_by_use;
	char missing[336]; /* as in struct rs_about */
	struct {
		const char *program;
		int fd; /* of the link, owned */
	} links[HOOKS_MOST];
	size_t count;
};

/* Looks at the kernel. 0, or -1 and has said why. */
int hooks_init(struct hooks *h, enum hooks_wanted wanted);
void hooks_free(struct hooks *h);

/* Chooses among the ways to see each thing, and lets the object load only those programs. */
void hooks_choose(struct hooks *h, struct bpf_object *object);

/* Whether a program was chosen. */
bool hooks_has(const struct hooks *h, const char *program);

/* Attaches what was chosen and loaded. Returns 0, or 1: something could not be attached and
 * is noted as bad: choose and load again.
 */
int hooks_attach(struct hooks *h, struct bpf_object *object);

/* RS_HOOK_KPROBES and RS_HOOK_TRACEPOINTS, by what is attached. */
__u32 hooks_used(const struct hooks *h);

/* Says why, where none of them could be attached. */
void hooks_say_none(const struct hooks *h);

/* The file by which readers run it, if the program is an iterator; else NULL. */
const char *hook_file(const char *program);

/* "kprobe tcp_v4_connect" for k_tcp_v4_connect, as people name it; in NAME. */
const char *hook_name(const char *program, char name[HOOK_NAME_MAX]);

/* Lines for check: each thing that is to be seen, how, and what is missing. */
void hooks_describe(struct hooks *h, void (*say)(const char *event, const char *how, const char *weaker));

#endif
