/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* compile.h - from sources to an object, with clang run as an unprivileged user. */
#ifndef RINGSIDE_COMPILE_H
#define RINGSIDE_COMPILE_H

#include <stdbool.h>

#include "object.h"

/* INSTALLED: FILE is one of the installed bpf/. The image's bytes are the caller's to
 * free: image->compiled. Returns 0, or -1 and has said why; what the compiler says goes
 * to stderr as it is.
 */
int compile(const char *file, bool installed, struct image *image);

#endif
