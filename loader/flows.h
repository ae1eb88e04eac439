/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * flows.h - the source of the host's sockets, on its way from nothing, or from what is loaded,
 * to published. There is one, however many interfaces are loaded.
 */
#ifndef RINGSIDE_FLOWS_H
#define RINGSIDE_FLOWS_H

#include "hooks.h"
#include "load.h"
#include "object.h"
#include "source.h"

struct flows {
	struct source new, old;
	bool has_old; /* something is loaded now */
	bool knows;   /* of this version, so that its connections are known on */
	bool keeps;   /* and its ring goes on */
	bool same;    /* and it is what would be loaded: nothing to do */
	struct object object;
	struct hooks hooks;
	int gate; /* owned */
};

/* Each returns 0, or -1 and has said why. In this order: load and attach, which does
 * nothing yet; pin in the stage; let the new programs work instead of the old.
 */
/* Also -EACCES: then no source may be loaded for these readers. */
int flows_prepare(struct flows *f, const struct pin_root *root, const struct options *o,
		  const struct readers *readers, const struct image *image);
int flows_stage(struct flows *f, const struct pin_root *root);
int flows_swap(struct flows *f);
void flows_free(struct flows *f);

/* A map that interfaces share, by its name: of F, which was prepared, or, F NULL, of what
 * is published. The caller's to close; -1: there is none.
 */
int flows_map(const struct flows *f, const struct pin_root *root, const char *name);

/* Lets the published programs work: after a load that failed or was killed. */
void flows_undo(const struct pin_root *root);

/* How often the kernel had to leave a program out, by its own count: a kernel before 6.7
 * does not count it for kprobes. Needs root. 0, or -errno.
 */
int flows_missed(const struct pin_root *root, __u64 *missed, unsigned int *hooks);

#endif
