/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* groups.h - names of groups, which records do not have: those in /etc/group, since asking a server would take its time. */
#ifndef NTOPNG_GROUPS_H
#define NTOPNG_GROUPS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct group_name {
	uint32_t gid, name; /* name: where in the text */
};

struct groups {
	const char *path;
	struct stat seen;
	int64_t look_at_ms;
	char *text;
	struct group_name *list; /* sorted */
	size_t count;
};

/* The name, valid until the next call, or NULL. Looks at the file once a second, and reads it when it is another one. */
const char *groups_find(struct groups *groups, int64_t gid, int64_t now_ms);
void groups_free(struct groups *groups);

#endif
