/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* load.h - what loading an interface and loading the flows have in common. */
#ifndef RINGSIDE_LOAD_H
#define RINGSIDE_LOAD_H

#include "object.h"
#include "source.h"

/* Who may read. */
struct readers {
	mode_t mode;
	gid_t gid;
	bool given; /* by an option, so it also changes what is loaded */
};

/* Says how many slots of a size each CPU's ring has, by the options or by default. */
unsigned int slots_of(const struct options *o, int cpus, unsigned int record_size);

/* Fills in what is the same for all: version, clock, boot, namespace. */
void describe(struct source *s, const struct image *image, unsigned int record_size);

/* -1, and has said why, where readers could write to the ring. */
int refuse_programs_of_readers(const struct source *s);

/* Takes over who may read from OLD, unless the options say otherwise. OLD may be NULL. */
void set_readers(struct source *s, const struct source *old, const struct readers *readers);

/* The line that says who may read. */
void print_readers(const struct source *s);

#endif
