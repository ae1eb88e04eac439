/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * source.h - the directory of pins that is a source: staged, published, opened, removed.
 *
 * Invariants: what is below the pin root under a source's name is whole. A new
 * one comes and goes by rename, one that takes another's place by exchange.
 * Whatever is in %stage belongs to nobody and is removed by the next loader.
 */
#ifndef RINGSIDE_SOURCE_H
#define RINGSIDE_SOURCE_H

#include <net/if.h>

#include "abi.h"
#include "pinroot.h"
#include "pins.h"

struct source {
	char dir[RS_SOURCE_NAME_MAX];  /* below the pin root */
	char name[RS_SOURCE_NAME_MAX]; /* the same as people write it: the interface, or flows */
	struct rs_about about;
	mode_t mode; /* of the ring's pin */
	gid_t gid;
	int ring, bell, counters, about_map; /* owned fds; -1: not there */
	int xdp, tc, xdp_link, tcx_link;     /* of an interface */
	int processes;			     /* of flows */
};

void source_init(struct source *s, const char *dir);
void source_close(struct source *s);

/* Opens what is pinned. Returns 0, -ENOENT when there is no such source,
 * -EPROTO when its layout is another version's (about.abi says which; the link
 * pins are open all the same), or another -errno.
 */
int source_open(struct source *s, const struct pin_root *root, const char *dir);

/* Whether it is that of the host's sockets. */
bool source_is_flows(const struct source *s);

/* Makes the about map from s->about, and pins everything in the stage with its
 * final modes and owner: before anything is attached, so that the next loader
 * knows what a killed one has attached. When it is, source_pin_links() says so
 * in the description and pins the links. Both return 0, or -1 and have said why.
 */
int source_stage(struct source *s, const struct pin_root *root);
int source_pin_links(const struct source *s, const struct pin_root *root);

/* Makes the staged source visible; what was there takes its place in the stage.
 * 0, or -1 and has said why. source_retract() is the way back.
 */
int source_publish(const struct source *s, const struct pin_root *root);
void source_retract(const struct source *s, const struct pin_root *root, bool had_old);

/* Detaches it, then takes it away. 0, or -errno and has said why. */
int source_remove(struct source *s, const struct pin_root *root);

/* Detaches and removes what is in the stage: a killed loader's, or one that failed. */
void source_clean_stage(const struct pin_root *root);

/* A group's name, or its number where it has none; in buffer. */
#define GROUP_NAME_MAX 64
const char *group_name(gid_t gid, char buffer[GROUP_NAME_MAX]);

/* Pins one more thing into the staged source, or makes a directory in it. NAME is
 * below the source's directory. 0, or -1 and has said why.
 */
int source_stage_pin(const struct source *s, const struct pin_root *root, const char *name, int fd, mode_t mode,
		     gid_t gid);
int source_stage_dir(const struct source *s, const struct pin_root *root, const char *name, mode_t mode, gid_t gid);

/* Directories of all sources by name, NULL-terminated; free with source_free_dirs(). NULL: no memory. */
char **source_dirs(int root_fd);
void source_free_dirs(char **dirs);

/* The directory of a source that people name: "flows" are the sockets. */
void source_dir_of(const char *name, char dir[RS_SOURCE_NAME_MAX]);

/* Records each CPU has written; sum over all. Needs s->ring, mapped by the caller's kernel. */
int source_written(const struct source *s, __u64 *written);

/* Sums the counters of all CPUs. 0 or -errno. */
int source_counters(const struct source *s, struct rs_counters *sum);

#endif
