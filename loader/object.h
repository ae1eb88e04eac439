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
	void *compiled;	  /* its bytes where this process holds them; who compiles frees them */
};

/* The objects inside this binary: bpf/icmp.bpf.c, bpf/flows.bpf.c. */
struct image builtin_icmp_image(void);
struct image builtin_flows_image(void);

struct object_config {
	unsigned int cpus;   /* possible CPUs */
	unsigned int slots;  /* for each, a power of two */
	unsigned int record_size; /* bytes of a slot */
	unsigned int l2_len; /* bytes of link header */
	unsigned int netns;  /* inode, where echoes are given */
	int ring, counters, bell; /* maps to go on with; -1: make new ones */
	int echoes, echo_senders; /* of flows; -1: flows are not loaded */
};

struct object {
	struct bpf_object *bpf; /* owned; object_free() */
	int ring, counters, bell; /* borrowed from bpf */
};

/* All return 0, or -1 and have said why. Between the two a caller may change what is loaded. */
int object_open(struct object *object, const struct image *image, const struct object_config *config);
int object_load(struct object *object, const struct image *image, const struct object_config *config);
void object_free(struct object *object);

/* The only programs an interface has a place for; *tc is -1 where the object has none.
 * Both descriptors are borrowed.
 */
int object_interface_programs(const struct object *object, const struct image *image, int *xdp, int *tc);

#endif
