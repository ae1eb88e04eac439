/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* idnames.h - names by number, as files like /etc/passwd and /etc/group have them; nobody else is asked. */
#ifndef RINGSIDE_IDNAMES_H
#define RINGSIDE_IDNAMES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* All zero to begin with, but for path. */
struct idnames {
	const char *path;
	int64_t look_at_ns; /* whether the file is another one now: once a second */
	struct stat seen;
	char *text; /* the file, names ending in NUL */
	struct idname {
		uint32_t id;
		uint32_t name; /* offset in text */
	} *list; /* by id; of several lines the first one only */
	size_t count;
};

/* NULL: not in the file. Good until the next call. */
const char *idnames_find(struct idnames *names, int64_t id, int64_t now_ns);
void idnames_free(struct idnames *names);

#endif
