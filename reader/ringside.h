/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ringside.h - libringside: follow what ringside-loader has pinned.
 *
 * Needs no privilege but the right to open the pins. Nothing here prints or
 * ends the process. Functions return 0 or a count when all is well and -errno
 * otherwise. A struct ringside belongs to one thread at a time.
 *
 *	struct ringside *r;
 *	struct ringside_event events[256];
 *	ringside_open(&r, &(struct ringside_options){ .size = sizeof(struct ringside_options) });
 *	for (;;) {
 *		int n = ringside_next(r, events, 256);
 *		if (n < 0) break;
 *		if (n == 0) { ringside_wait(r, -1); continue; }
 *		...
 *	}
 *	ringside_close(r);
 */
#ifndef RINGSIDE_H
#define RINGSIDE_H

#include <stddef.h>
#include <stdint.h>

#ifdef RINGSIDE_IN_TREE
#include "abi.h"
#else
#include <ringside/abi.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct ringside;

enum {
	RINGSIDE_FROM_START = 1 << 0, /* begin with the oldest record still in the ring */
};

struct ringside_options {
	size_t size;		    /* sizeof(struct ringside_options), for later versions */
	const char *pin_root;	    /* NULL: RINGSIDE_PIN_ROOT, else /run/ringside */
	const char *const *sources; /* names, NULL-terminated; NULL: all that may be read */
	unsigned int flags;	    /* RINGSIDE_FROM_START */
};

/* One source, as long as events name it. Strings are the library's. */
struct ringside_source {
	char name[48];	  /* as given to ringside-loader: "eth0"; or "flows" */
	char if_name[16]; /* the interface's name now; it may have been renamed; of flows "" */
	struct rs_about about;
};

enum ringside_kind {
	RINGSIDE_RECORD = 1, /* record, cpu, seq, time_ns */
	RINGSIDE_LOST,	     /* cpu, seq (of the first one lost), count */
	RINGSIDE_ATTACHED,   /* following begins */
	RINGSIDE_DETACHED,   /* the source was unloaded; all it had was delivered */
	RINGSIDE_REFUSED,    /* error: -EACCES, or -EPROTO for a layout of another version */
	RINGSIDE_GONE,	     /* the interface was removed; the source waits for a new load */
	RINGSIDE_RENAMED,    /* source->if_name is the new name */
};

struct ringside_event {
	enum ringside_kind kind;
	uint32_t cpu;
	uint64_t seq;	 /* number of the record on its CPU, from 0 */
	uint64_t count;	 /* RINGSIDE_LOST: how many */
	int64_t time_ns; /* Unix time of the packet or of what the socket did */
	int error;	 /* RINGSIDE_REFUSED */
	const struct ringside_source *source;
	const void *record; /* struct rs_icmp or struct rs_flow, by its hdr.type */
	const struct rs_process *process; /* who, or NULL; inside of a struct rs_flow, or looked up */
	const struct ringside_names *names; /* for the formatters, the caller's to set; NULL: none */
};

/* What the kernel does not know. Strings are the caller's; any may be NULL. */
struct ringside_names {
	const char *user;
	const char *container;
	const char *pod;
	const char *pod_namespace;
};

/* The container a process runs in, as its cgroup's name tells. */
struct ringside_container {
	char id[65];	  /* 64 hexadecimal digits */
	char runtime[16]; /* docker, containerd, cri-o, podman, or "" where the name does not say */
	char pod_uid[37]; /* of Kubernetes, or "" */
};

struct ringside_counters {
	uint64_t written;   /* since following began; delivered + lost once caught up */
	uint64_t delivered;
	uint64_t lost;
	uint64_t torn; /* of the lost: records that were not whole in the ring */
};

/* Events in one call of ringside_next() at most. */
#define RINGSIDE_BATCH_MAX 1024

/*
 * Opens what there is; what is not there yet is waited for. *r is the caller's
 * to close, and NULL on error: -ENOMEM, -EMFILE, -EINVAL (options). That a
 * source cannot be read is an event, not an error.
 */
int ringside_open(struct ringside **r, const struct ringside_options *options);

/* Accepts NULL. */
void ringside_close(struct ringside *r);

/*
 * Fills up to MAX events that are at hand, records ordered by time; never
 * waits. Events, records and processes are good until the next call. 0: caught
 * up; of large records there may be fewer than MAX and more to come.
 */
int ringside_next(struct ringside *r, struct ringside_event *events, size_t max);

/*
 * Sleeps until ringside_next() may have something: while records keep coming on
 * a timer, otherwise on the bell. Returns 1 to look again, 0 when timeout_ms
 * (-1: none) passed, -EINTR after a signal, -EPIPE: ringside_watch_hangup().
 */
int ringside_wait(struct ringside *r, int timeout_ms);

/* A descriptor that polls readable when there may be news; owned by r. Whoever
 * polls it must call ringside_next() once more RINGSIDE_BELL_MS later before
 * trusting silence, as ringside_wait() does by itself.
 */
int ringside_fd(const struct ringside *r);
#define RINGSIDE_BELL_MS 1

/* Lets ringside_wait() return -EPIPE when nobody reads this pipe or socket any
 * more. The descriptor stays the caller's. Returns 0, or -EPERM for files.
 */
int ringside_watch_hangup(struct ringside *r, int fd);

/* How many sources are followed now, and the i-th, or NULL. */
size_t ringside_sources(const struct ringside *r);
const struct ringside_source *ringside_source(const struct ringside *r, size_t i);
void ringside_counters(const struct ringside *r, const struct ringside_source *source,
		       struct ringside_counters *counters);

/* A line is shorter than this, whatever is in the record. */
#define RINGSIDE_LINE_MAX 12288

/*
 * One line with its newline and no NUL into buffer[RINGSIDE_LINE_MAX]. Returns
 * its length; 0 for events that are no records. Pure: event in, bytes out.
 */
size_t ringside_json(char *buffer, const struct ringside_event *event);
size_t ringside_text(char *buffer, const struct ringside_event *event);

/* Returns 1 and fills it in, or 0: not in a container that is known by its cgroup. */
int ringside_container(const struct rs_process *process, struct ringside_container *container);

/* The path in one of a process's parts, as "/usr/bin/curl" (with "..." in front when it
 * was cut) into path[RS_PATH_SIZE + 8]; its bytes are whatever the file system has. Returns its length.
 */
size_t ringside_path(const char parts[RS_PATH_SIZE], int cut, char *path);

/* IANA's name of an ICMP (ip_version 4) or ICMPv6 (6) type; never NULL. */
const char *ringside_icmp_name(int ip_version, int type);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
