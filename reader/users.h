/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* users.h - the users that only NSS knows; idnames.h has those in /etc/passwd. */
#ifndef RINGSIDE_USERS_H
#define RINGSIDE_USERS_H

#include "lookup.h"

/* For lookup.h: key is the uid. May hang for as long as a directory server does. */
bool users_ask(void *context, const struct lookup_question *question, struct lookup_answer *answer, int64_t *good_ns,
	       int stop);

#endif
