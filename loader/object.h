/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* object.h - from ELF bytes to verified programs whose maps have the right size. */
#ifndef RINGSIDE_OBJECT_H
#define RINGSIDE_OBJECT_H

#include <stddef.h>

struct bpf_object;

struct image {
	const void *bytes;
	size_t size;
	const char *name; /* for messages and for rs_about.program */
};

/* The object inside this binary: bpf/icmp.bpf.c. */
struct image builtin_image(void);

struct object_config {
	unsigned int cpus;   /* possible CPUs */
	unsigned int slots;  /* for each, a power of two */
	unsigned int l2_len; /* bytes of link header */
	int ring, counters, bell; /* maps to go on with; -1: make new ones */
};

struct object {
	struct bpf_object *bpf; /* owned; object_free() */
	/* all borrowed from bpf; tc is -1 where the object has no such program */
	int ring, counters, bell, xdp, tc;
};

/* Returns 0, or -1 and has said why. */
int object_load(struct object *object, const struct image *image, const struct object_config *config);
void object_free(struct object *object);

#endif
