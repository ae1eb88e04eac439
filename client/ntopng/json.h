/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* json.h - JSON by hand: a flow is written in a tenth of the time that building an object and printing it takes. */
#ifndef NTOPNG_JSON_H
#define NTOPNG_JSON_H

#include "bytes.h"
#include "flow.h"

#define NAME_MOST 255 /* bytes of a name that are sent, and of a path: two names and four paths fit a message, */
#define PATH_MOST 512 /* each byte of them escaped */

/* Each begins with a comma unless it is the first in its object or list. KEY is not escaped. */
void json_begin(struct bytes *b, const char *key); /* KEY: NULL for the outermost object */
void json_end(struct bytes *b);
void json_list(struct bytes *b, const char *key); /* what is in it has no keys: NULL */
void json_list_end(struct bytes *b);
void json_text(struct bytes *b, const char *key, const char *text, size_t most); /* NULL: nothing is written */
void json_number(struct bytes *b, const char *key, int64_t value);		 /* negative: nothing */
void json_thousandths(struct bytes *b, const char *key, int64_t value);		 /* 177 is 0.177; negative: nothing */
void json_container(struct bytes *b, const struct container *container);

/* The first bytes of TEXT, at most MOST, that are whole characters. */
size_t whole_characters(const char *text, size_t most);

#endif
