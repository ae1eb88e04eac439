/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* users.h - the users in /etc/passwd, and those that only NSS knows. */
#ifndef RINGSIDE_USERS_H
#define RINGSIDE_USERS_H

#include <sys/stat.h>

#include "lookup.h"

/* All zero to begin with, but for path. */
struct users {
	const char *path;
	int64_t look_at_ns; /* whether the file is another one now */
	struct stat seen;
	char *text; /* the file, names ending in NUL */
	struct user {
		uint32_t uid;
		uint32_t name; /* offset in text */
	} *list; /* by uid; of several lines the first one only */
	size_t count;
};

/* NULL: not in the file. Good until the next call. */
const char *users_find(struct users *users, uint32_t uid, int64_t now_ns);
void users_free(struct users *users);

/* For lookup.h: key is the uid. May hang for as long as a directory server does. */
bool users_ask(void *context, const struct lookup_question *question, struct lookup_answer *answer, int64_t *good_ns,
	       int stop);

#endif
