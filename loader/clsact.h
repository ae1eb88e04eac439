/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* clsact.h - tc egress before TCX links (kernel 6.6): a filter that lives in a qdisc. */
#ifndef RINGSIDE_CLSACT_H
#define RINGSIDE_CLSACT_H

#include <stdbool.h>

/* Puts the program on egress, in place of ours that may be there. *made: the
 * qdisc was missing. Returns 0 or -errno.
 */
int clsact_attach(unsigned int ifindex, int program, bool *made);

/* Takes our filter off; with qdisc, the qdisc as well, unless others use it. */
void clsact_detach(unsigned int ifindex, bool qdisc);

/* Whether our filter is there and runs this program. */
bool clsact_runs(unsigned int ifindex, int program);

#endif
