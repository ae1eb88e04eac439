/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* pinroot.h - the bpffs that the pins live in: mounted, locked, cleaned, unmounted. */
#ifndef RINGSIDE_PINROOT_H
#define RINGSIDE_PINROOT_H

#include "loader.h"

struct pin_root {
	const char *path;
	int fd;	      /* the directory */
	int stage_fd; /* its %stage; holding the loader's lock */
};

#define PIN_ROOT_NONE { .fd = -1, .stage_fd = -1 }

/*
 * Opens the pin root for changing it: makes and mounts it where it is missing,
 * waits for other loaders, and removes what a killed one left half-made.
 * Returns 0, or -1 and has said why.
 */
int pin_root_make(struct pin_root *root, const struct options *o);

/*
 * The same for a pin root that must exist. Returns 1, and says nothing, where
 * nothing is mounted or made.
 */
int pin_root_find(struct pin_root *root, const struct options *o);

/* Gives the lock back and, where nothing is loaded any more, removes the mount. */
void pin_root_close(struct pin_root *root);

/* Writes a path below the pin root. NAME may be NULL. Truncates nothing: the
 * root's length is limited when options are read.
 */
#define PIN_PATH_MAX 512
void pin_path(char path[PIN_PATH_MAX], const struct pin_root *root, const char *where,
	      const char *dir, const char *name);

/* rm -r; 0 also when there is nothing. Otherwise -errno. */
int remove_tree(int at, const char *name);

#endif
