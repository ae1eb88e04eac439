// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * container.c - what the names of a process's cgroups say: which container.
 *
 * Runtimes make cgroups in one of two ways, and only where the way has them is a name believed:
 *   systemd    a scope in a slice: system.slice/docker-<id>.scope,
 *              kubepods.slice/kubepods-pod<uid>.slice/cri-containerd-<id>.scope
 *   cgroupfs   a directory: docker/<id>, kubepods/burstable/pod<uid>/<id>, libpod_parent/libpod-<id>
 * Below user@<uid>.service a user makes what directories he likes, so that only the systemd way, which is the one of
 * rootless runtimes, counts there, down to the next container. Whoever may write to a slice can still lie.
 */
#include <stdbool.h>
#include <string.h>

#include "ringside.h"

#define ID_LENGTH 64

static const struct {
	const char *prefix, *runtime;
} runtimes[] = {
	{ "docker-", "docker" },  { "cri-containerd-", "containerd" }, { "nerdctl-", "containerd" },
	{ "crio-", "cri-o" },     { "libpod-", "podman" },
};
#define RUNTIMES (sizeof(runtimes) / sizeof(runtimes[0]))

static bool is_hex(const char *s, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!(s[i] >= '0' && s[i] <= '9') && !(s[i] >= 'a' && s[i] <= 'f'))
			return false;
	return true;
}

static bool starts(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

static bool ends(const char *name, const char *suffix)
{
	size_t length = strlen(name), last = strlen(suffix);

	return length >= last && !strcmp(name + length - last, suffix);
}

static bool is(const char *name, const char *expected)
{
	return name && !strcmp(name, expected);
}

/* The id in "<prefix><id><suffix>", or NULL. */
static const char *id_in(const char *name, const char *prefix, const char *suffix)
{
	size_t before = strlen(prefix);

	if (strlen(name) != before + ID_LENGTH + strlen(suffix) || !starts(name, prefix) || !ends(name, suffix) ||
	    !is_hex(name + before, ID_LENGTH))
		return NULL;
	return name + before;
}

/* Pods from the API server have a UUID, those from a file 32 digits. In slices "_"
 * stands for "-", which means a level there.
 */
static bool read_pod_uid(const char *s, size_t length, char separator, char uid[37])
{
	if (length != 32 && length != 36)
		return false;
	for (size_t i = 0; i < length; i++) {
		bool between = length == 36 && (i == 8 || i == 13 || i == 18 || i == 23);
		if (between ? s[i] != separator : !is_hex(s + i, 1))
			return false;
	}
	for (size_t i = 0; i < length; i++)
		uid[i] = s[i] == separator ? '-' : s[i];
	uid[length] = '\0';
	return true;
}

/* The pod whose slice this is: "kubepods-burstable-pod<uid>.slice", and with a name
 * before it where the kubelet has a cgroup root.
 */
static void read_pod_slice(const char *slice, size_t length, char uid[37])
{
	static const char *const before[] = { "kubepods-pod", "kubepods-burstable-pod", "kubepods-besteffort-pod" };

	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		const char *at = memmem(slice, length, before[i], strlen(before[i]));
		if (!at || (at > slice && at[-1] != '-'))
			continue;
		at += strlen(before[i]);
		if (read_pod_uid(at, (size_t)(slice + length - at) - strlen(".slice"), '_', uid))
			return;
	}
}

/* kubepods/pod<uid>, kubepods/burstable/pod<uid>, kubepods/besteffort/pod<uid>; PARTS begin with the pod's. */
static bool read_pod_directory(const char *const *parts, char uid[37])
{
	const char *const *above = parts + 1;

	if (!parts[0] || !starts(parts[0], "pod"))
		return false;
	if (is(*above, "burstable") || is(*above, "besteffort"))
		above++;
	return is(*above, "kubepods") && read_pod_uid(parts[0] + 3, strlen(parts[0] + 3), '-', uid);
}

static bool found(struct ringside_container *container, const char *id, const char *runtime)
{
	memcpy(container->id, id, ID_LENGTH);
	container->id[ID_LENGTH] = '\0';
	strcpy(container->runtime, runtime);
	return true;
}

static bool read_scope(const char *const *parts, bool cut, struct ringside_container *container)
{
	const char *parent = parts[1], *id;

	if (parent ? !ends(parent, ".slice") : cut) /* without parent it is in the root slice */
		return false;
	for (size_t i = 0; i < RUNTIMES; i++) {
		id = id_in(parts[0], runtimes[i].prefix, ".scope");
		if (!id)
			continue;
		if (parent)
			read_pod_slice(parent, strlen(parent), container->pod_uid);
		return found(container, id, runtimes[i].runtime);
	}
	return false;
}

/* runc without systemd, told to use it: "kubepods-pod<uid>.slice:cri-containerd:<id>" is a directory's name then. */
static bool read_colons(const char *name, struct ringside_container *container)
{
	const char *prefix = strchr(name, ':'), *id = prefix ? strchr(prefix + 1, ':') : NULL;

	if (!id || prefix - name < 6 || memcmp(prefix - 6, ".slice", 6) || !id_in(id, ":", ""))
		return false;
	for (size_t i = 0; i < RUNTIMES; i++) {
		size_t length = strlen(runtimes[i].prefix) - 1; /* without its dash */
		if ((size_t)(id - prefix) != length + 1 || memcmp(prefix + 1, runtimes[i].prefix, length))
			continue;
		read_pod_slice(name, (size_t)(prefix - name), container->pod_uid);
		return found(container, id + 1, runtimes[i].runtime);
	}
	return false;
}

static bool read_directory(const char *const *parts, struct ringside_container *container)
{
	const char *plain = id_in(parts[0], "", ""), *crio = id_in(parts[0], "crio-", "");
	const char *libpod = id_in(parts[0], "libpod-", "");

	if (plain && is(parts[1], "docker"))
		return found(container, plain, "docker");
	if (libpod && is(parts[1], "libpod_parent"))
		return found(container, libpod, "podman");
	if ((plain || crio) && read_pod_directory(parts + 1, container->pod_uid))
		return found(container, plain ?: crio, plain ? "" : "cri-o");
	return read_colons(parts[0], container);
}

/* podman --cgroups=split, as in quadlets: within the unit that started it, a user's too */
static bool read_payload(const char *const *parts, struct ringside_container *container)
{
	const char *id = id_in(parts[0], "libpod-payload-", "");

	if (!id || !parts[1] || !(ends(parts[1], ".service") || ends(parts[1], ".scope")))
		return false;
	return found(container, id, "podman");
}

static bool read_parts(const char *const *parts, bool cut, bool directories, struct ringside_container *container)
{
	memset(container, 0, sizeof(*container));
	return read_scope(parts, cut, container) || read_payload(parts, container) ||
	       (directories && read_directory(parts, container));
}

#define PARTS_MOST (RS_PATH_SIZE / 2)

/* One that does not end here is not whole: it would be the name of another directory. */
static size_t whole_parts(const char path[RS_PATH_SIZE], const char *parts[PARTS_MOST])
{
	const char *at = path, *end = path + RS_PATH_SIZE;
	size_t count = 0;

	for (; at < end && *at && memchr(at, '\0', (size_t)(end - at)); at += strlen(at) + 1)
		parts[count++] = at;
	return count;
}

static int read_cgroup(const struct rs_process *process, struct ringside_container *container)
{
	const char *parts[PARTS_MOST + 1];
	bool directories = !process->cgroup_cut; /* else nobody knows below what */
	struct ringside_container inner;
	size_t count = whole_parts(process->cgroup, parts);
	int result = 0;

	parts[count] = NULL;
	while (count-- > 0) { /* from the root inwards: the last one found is the innermost */
		if (starts(parts[count], "user@") && ends(parts[count], ".service"))
			directories = false;
		if (read_parts(parts + count, process->cgroup_cut, directories, &inner)) {
			*container = inner;
			directories = true;
			result = 1;
		}
	}
	return result;
}

/* The same cgroups come again and again, and reading one is half of what a line costs: what was read of the last ones
 * is kept by each thread.
 */
#define KEPT 16

struct kept {
	char cgroup[RS_PATH_SIZE];
	struct ringside_container container;
	int result;
	bool used, cut;
};

int ringside_container(const struct rs_process *process, struct ringside_container *container)
{
	static _Thread_local struct kept kept[KEPT];
	struct kept *k = &kept[process->cgroup_id % KEPT];

	if (!k->used || k->cut != !!process->cgroup_cut || memcmp(k->cgroup, process->cgroup, RS_PATH_SIZE)) {
		k->result = read_cgroup(process, &k->container);
		memcpy(k->cgroup, process->cgroup, RS_PATH_SIZE);
		k->cut = process->cgroup_cut;
		k->used = true;
	}
	if (k->result)
		*container = k->container;
	return k->result;
}

size_t ringside_path(const char parts[RS_PATH_SIZE], int cut, char *path)
{
	const char *whole[PARTS_MOST];
	size_t count = whole_parts(parts, whole);
	char *to = path;

	if (cut) {
		memcpy(to, "...", 3);
		to += 3;
	}
	while (count-- > 0) {
		*to++ = '/';
		to = stpcpy(to, whole[count]);
	}
	*to = '\0';
	return (size_t)(to - path);
}
