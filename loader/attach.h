/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* attach.h - putting programs on an interface, and taking them off again. */
#ifndef RINGSIDE_ATTACH_H
#define RINGSIDE_ATTACH_H

#include "loader.h"
#include "source.h"

/*
 * Attaches s->xdp and s->tc to s->about.ifindex and fills the links, hooks and
 * missing in. OLD is what is loaded there now, or NULL: where its links still
 * hold they are shared, and attach_swap(), when all else is done, exchanges the
 * program in them, so that no packet goes unseen.
 * Both return 0, or -1 and have said why; then attach_undo() puts the old ones back.
 */
int attach(struct source *s, struct source *old, const struct options *o);
int attach_swap(struct source *s, struct source *old);
void attach_undo(struct source *s, struct source *old);

/* Takes the programs of s off, now and not when the last pin goes. */
void detach(struct source *s);

/* Whether the XDP link of s is still on an interface, and on which. 0: no. */
unsigned int attached_ifindex(const struct source *s);

#endif
