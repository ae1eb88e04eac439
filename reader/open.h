/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* open.h - from a source's directory to mapped memory and a bell. Errors are -errno. */
#ifndef RINGSIDE_OPEN_H
#define RINGSIDE_OPEN_H

#include <stddef.h>

#include "abi.h"
#include "pins.h"

struct ring_map {
	void *memory; /* read-only */
	size_t bytes;
	int bell;
	__u32 id; /* the kernel's number of this map: another ring has another */
};

/* processes, to look up in; fd is -1 where it is not open. */
struct process_map {
	int fd;
	void *value; /* room for one, which may be larger than a struct rs_process */
};

/* NAMED, or if that is NULL what the environment says, or the default. */
const char *pin_root(const char *named);

/* -EPROTO: a layout of another version (about->abi says which), or slots of a size
 * that no source of this name has. Strings end in NUL.
 */
int open_about(const char *root, const char *dir, struct rs_about *about);
int open_ring(const char *root, const char *dir, const struct rs_about *about, struct ring_map *map);
int open_ring_id(const char *root, const char *dir, __u32 *id);
void close_ring(struct ring_map *map);

int open_processes(const char *root, struct process_map *map);
/* The process of rs_process_key(), or NULL; good until the next call. */
const struct rs_process *look_up_process(const struct process_map *map, __u64 key);
void close_processes(struct process_map *map);

#endif
