// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime_socket.h"
#include "runtimes.h"

#define SECOND_NS 1000000000LL
#define NAME_GOOD_NS (300 * SECOND_NS) /* then a container that was renamed is noticed */
#define NONE_GOOD_NS (10 * SECOND_NS)
#define PAUSE_NS (10 * SECOND_NS) /* of a runtime that fails */
/* The container that a runtime got stuck over is left alone for longer than the
 * pause, or no other would ever be asked for.
 */
#define STUCK_GOOD_NS (60 * SECOND_NS)

static const struct kind {
	const char *name;
	int (*ask)(struct runtime_socket *socket, const char *id, struct lookup_answer *answer);
	const char *variable; /* unix://PATH instead of the paths below */
	const char *path;
	const char *own_path; /* below XDG_RUNTIME_DIR: the user's own, or NULL */
} kinds[] = {
	{ "docker", runtime_docker_ask, "DOCKER_HOST", "/var/run/docker.sock", "docker.sock" },
	{ "podman", runtime_docker_ask, "CONTAINER_HOST", "/run/podman/podman.sock", "podman/podman.sock" },
	{ "containerd", runtime_cri_ask, "CONTAINER_RUNTIME_ENDPOINT", "/run/containerd/containerd.sock", NULL },
	{ "cri-o", runtime_cri_ask, "CONTAINER_RUNTIME_ENDPOINT", "/run/crio/crio.sock", NULL },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))
#define PATHS 2

struct runtimes {
	struct runtimes_options options;
	struct place {
		char *path; /* NULL: none */
		int64_t quiet_until_ns;
	} places[KINDS][PATHS];
	bool said[KINDS];
};

/* ------------------------------------------------------------------ where they are */

/* What these variables say of other hosts is not about the containers here. */
static const char *path_in(const char *variable)
{
	const char *value = getenv(variable);

	if (value && !strncmp(value, "unix://", 7))
		value += 7;
	return value && *value == '/' ? value : NULL;
}

static bool find_places(const struct kind *kind, struct place places[PATHS])
{
	const char *path = path_in(kind->variable), *own = getenv("XDG_RUNTIME_DIR");

	places[0].path = strdup(path ? path : kind->path);
	if (!places[0].path)
		return false;
	if (!path && kind->own_path && own && *own == '/' &&
	    asprintf(&places[1].path, "%s/%s", own, kind->own_path) < 0) {
		places[1].path = NULL;
		return false;
	}
	return true;
}

struct runtimes *runtimes_new(const struct runtimes_options *options)
{
	struct runtimes *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->options = *options;
	for (size_t i = 0; i < KINDS; i++) {
		if (!find_places(&kinds[i], r->places[i])) {
			runtimes_free(r);
			return NULL;
		}
	}
	return r;
}

void runtimes_free(struct runtimes *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < KINDS; i++)
		for (size_t j = 0; j < PATHS; j++)
			free(r->places[i][j].path);
	free(r);
}

/* ------------------------------------------------------------------ what goes wrong */

static const char *reason(int error)
{
	switch (-error) {
	case ETIMEDOUT: return "no answer in time";
	case EPROTO: return "its answer is not understood";
	case EMSGSIZE: return "its answer is too long";
	case EPIPE:
	case ECONNRESET: return "it closed the connection";
	case EREMOTEIO: return "it failed";
	default: return strerror(-error);
	}
}

/* Past stdio, whose locks are the caller's. */
static void failed(struct runtimes *r, size_t kind, struct place *place, int error)
{
	bool silent = error == -ENOENT || error == -ENOTDIR;

	if (silent)
		return;
	/* who can make a container can make its labels long: it costs the others nothing */
	if (error != -EMSGSIZE)
		place->quiet_until_ns = r->options.now_ns() + PAUSE_NS;
	if (r->said[kind] || (error == -EACCES && !r->options.verbose))
		return;
	r->said[kind] = true;
	dprintf(STDERR_FILENO, "%s: ask %s for container names: %s: %s\n", program_invocation_short_name,
		kinds[kind].name, place->path, reason(error));
}

/* ------------------------------------------------------------------ asking */

static int ask_place(struct runtimes *r, size_t kind, struct place *place, const char *id,
		     struct lookup_answer *answer, int stop)
{
	struct runtime_socket socket = { .path = place->path, .timeout_ms = r->options.timeout_ms, .stop = stop };
	int status;

	if (!place->path || r->options.now_ns() < place->quiet_until_ns)
		return 0;
	status = runtime_open(&socket);
	if (!status) {
		status = kinds[kind].ask(&socket, id, answer);
		runtime_close(&socket);
	}
	if (status == 1 && !*answer->name && !*answer->pod)
		status = 0;
	if (status < 0 && status != -ECANCELED)
		failed(r, kind, place, status);
	return status;
}

bool runtimes_ask(void *runtimes, const struct lookup_question *question, struct lookup_answer *answer,
		  int64_t *good_ns, int stop)
{
	struct runtimes *r = runtimes;
	int status;

	*good_ns = NONE_GOOD_NS;
	for (size_t kind = 0; kind < KINDS; kind++) {
		if (*question->hint && strcmp(question->hint, kinds[kind].name))
			continue;
		for (size_t i = 0; i < PATHS; i++) {
			status = ask_place(r, kind, &r->places[kind][i], question->key, answer, stop);
			if (status == -ETIMEDOUT)
				*good_ns = STUCK_GOOD_NS;
			if (status == -ECANCELED)
				return false;
			if (status == 1) {
				*good_ns = NAME_GOOD_NS;
				return true;
			}
			memset(answer, 0, sizeof(*answer));
		}
	}
	return false;
}

void runtime_copy_text(char *to, size_t size, const char *from, size_t length)
{
	size_t fits = size - 1;

	length = strnlen(from, length);
	if (length > fits) {
		length = fits;
		while (length > 0 && length > fits - 3 && ((unsigned char)from[length] & 0xc0) == 0x80)
			length--;
	}
	memcpy(to, from, length);
	to[length] = '\0';
}
