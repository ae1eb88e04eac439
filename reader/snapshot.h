/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* snapshot.h - the sockets that there are now, once, instead of following what they do. */
#ifndef RINGSIDE_SNAPSHOT_H
#define RINGSIDE_SNAPSHOT_H

#include "names.h"
#include "options.h"
#include "output.h"

/* Prints those asked for. Returns the exit status; what went wrong is said, but for output->error. */
int snapshot(const struct options *o, struct output *output, struct names *names);

#endif
