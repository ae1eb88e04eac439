/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* runtimes.h - docker, podman, containerd and cri-o: what do you call this container? */
#ifndef RINGSIDE_RUNTIMES_H
#define RINGSIDE_RUNTIMES_H

#include "lookup.h"

struct runtimes_options {
	bool verbose;
	int timeout_ms; /* for one question to one runtime */
	int64_t (*now_ns)(void);
};

struct runtimes;

/* Where they are is read from the environment here. NULL: no memory. */
struct runtimes *runtimes_new(const struct runtimes_options *options);
void runtimes_free(struct runtimes *runtimes);

/* For lookup.h: key is the container's id, hint its runtime or "". Says on standard error,
 * once for each runtime, that one that is there does not answer.
 */
bool runtimes_ask(void *runtimes, const struct lookup_question *question, struct lookup_answer *answer,
		  int64_t *good_ns, int stop);

/* The ways to ask. 1: answered, 0: there is no such container, or -errno, among them:
 * -EPROTO not understood, -EMSGSIZE answer too long, -EPIPE closed too early,
 * -EREMOTEIO an error of its own, -EACCES it does not talk to this user.
 */
struct runtime_socket;
int runtime_docker_ask(struct runtime_socket *socket, const char *id, struct lookup_answer *answer);
int runtime_cri_ask(struct runtime_socket *socket, const char *id, struct lookup_answer *answer);

/* Up to the first NUL, cut off between two characters of UTF-8 where it is too long. */
void runtime_copy_text(char *to, size_t size, const char *from, size_t length);

#endif
