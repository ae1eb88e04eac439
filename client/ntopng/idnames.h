/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * idnames.h - names by number, as /etc/passwd and /etc/group have them: records have no names of groups, and the files of
 * sockets none of users. Asking a directory server would take its time.
 */
#ifndef NTOPNG_IDNAMES_H
#define NTOPNG_IDNAMES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct idname {
	uint32_t id, name; /* name: where in the text */
};

struct idnames {
	const char *path;
	struct stat seen;
	int64_t look_at_ms;
	char *text;
	struct idname *list; /* sorted */
	size_t count;
};

/* The name, valid until the next call, or NULL. Looks at the file once a second, and reads it when it is another one. */
const char *idnames_find(struct idnames *names, int64_t id, int64_t now_ms);
void idnames_free(struct idnames *names);

#endif
