/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* process.h - processes for the tests of what is printed, with what is to be printed of them. */
#ifndef RINGSIDE_TEST_PROCESS_H
#define RINGSIDE_TEST_PROCESS_H

#include "ringside.h"
#include "test.h"

#define HEX64 "cbd2540ec5be4c7bd0a3ec0c97c9f0b2f8a3f1e5d6c7b8a90123456789abcdef"
#define UID_DASHES "8e5f5b5f-1c2d-4e3f-9a8b-7c6d5e4f3a2b"
#define UID_LOW "8e5f5b5f_1c2d_4e3f_9a8b_7c6d5e4f3a2b"

struct subject {
	struct rs_process process;
	struct ringside_names names;
	char exe[300], parent_exe[300]; /* as paths */
	const char *container_id, *runtime, *pod_uid; /* "": none */
	char user[600], container[600], pod[600], pod_namespace[600];
};

/* "/usr/bin/curl" as "curl\0bin\0usr\0\0"; what does not fit is left out. Returns whether it was. */
static inline int path_to_parts(const char *path, char parts[RS_PATH_SIZE])
{
	const char *end = path + strlen(path), *at = end;
	size_t used = 0;

	CHECK(*path == '/' || !*path);
	memset(parts, 0, RS_PATH_SIZE);
	while (at > path) {
		while (at[-1] != '/')
			at--;
		if (used + (size_t)(end - at) + 1 > RS_PATH_SIZE)
			return 1;
		memcpy(parts + used, at, (size_t)(end - at));
		used += (size_t)(end - at) + 1;
		end = --at;
	}
	return 0;
}

/* Any bytes but NUL; NOT is another one that may not be there. */
static inline void random_string(uint64_t *random, char *to, size_t length, char not)
{
	static const char *const nasty[] = {
		"\"", "\\", "\n{", "\x1b[31m", "\x7f", "\xff", "\xc3\x28", "\xed\xa0\x80", "\xe2\x82\xac",
		"\xf0\x9f\x98\x80", "\xe2\x82", "</script>", "][", "\t", "\xc2\x9b", " ",
	};
	uint64_t kind = random_below(random, 3);

	for (size_t i = 0; i < length;) {
		const char *piece = nasty[random_below(random, sizeof(nasty) / sizeof(nasty[0]))];
		size_t size = strlen(piece);
		if (kind == 0 && i + size <= length && !memchr(piece, not, size)) {
			memcpy(to + i, piece, size);
			i += size;
			continue;
		}
		to[i] = (char)(kind == 1 ? 'a' + (int)random_below(random, 26) : 1 + (int)random_below(random, 255));
		i += to[i] != not;
	}
	to[length] = '\0';
}

/* A path that fits, and how it is to be shown. */
static inline void random_path(uint64_t *random, char parts[RS_PATH_SIZE], __u8 *cut, char shown[300])
{
	char path[RS_PATH_SIZE + 1] = "";
	size_t used = 0, levels = random_below(random, 7);

	for (size_t i = 0; i < levels && used < RS_PATH_SIZE; i++) {
		size_t most = RS_PATH_SIZE - used - 1;
		size_t length = most < 1 ? 0 : 1 + (random_below(random, 4) ? random_below(random, most < 20 ? most : 20) :
									     random_below(random, most));
		if (!length)
			break;
		path[used] = '/';
		random_string(random, path + used + 1, length, '/');
		used += length + 1;
	}
	CHECK(!path_to_parts(path, parts));
	*cut = random_below(random, 4) == 0;
	snprintf(shown, 300, "%s%s", *cut ? "..." : "", path);
}

static inline const char *random_shown(uint64_t *random, char to[600])
{
	static const size_t lengths[] = { 0, 1, 7, 31, 256, 257, 599 };

	if (random_below(random, 3) == 0)
		return NULL;
	random_string(random, to, lengths[random_below(random, 7)], '\0');
	return to;
}

static inline void random_cgroup(uint64_t *random, struct subject *s)
{
	static const char *const cgroups[][4] = {
		{ "", "", "", "" },
		{ "/system.slice/ssh.service", "", "", "" },
		{ "/system.slice/docker-" HEX64 ".scope", HEX64, "docker", "" },
		{ "/kubepods/burstable/pod" UID_DASHES "/" HEX64, HEX64, "", UID_DASHES },
		{ "/kubepods.slice/kubepods-pod" UID_LOW ".slice/crio-" HEX64 ".scope", HEX64, "cri-o", UID_DASHES },
	};
	const char *const *row = cgroups[random_below(random, sizeof(cgroups) / sizeof(cgroups[0]))];

	CHECK(!path_to_parts(row[0], s->process.cgroup));
	s->process.cgroup_cut = 0;
	s->container_id = row[1];
	s->runtime = row[2];
	s->pod_uid = row[3];
}

static inline void random_comm(uint64_t *random, char comm[16])
{
	char text[17] = "";

	random_string(random, text, random_below(random, 17), '\0');
	memcpy(comm, text, 16); /* all 16 without a NUL, too */
}

static inline void subject_fill(struct subject *s, uint64_t *random)
{
	random_bytes(random, s, sizeof(*s));
	random_comm(random, s->process.comm);
	random_comm(random, s->process.parent_comm);
	random_path(random, s->process.exe, &s->process.exe_cut, s->exe);
	random_path(random, s->process.parent_exe, &s->process.parent_exe_cut, s->parent_exe);
	random_cgroup(random, s);
	if (random_below(random, 4) == 0)
		s->process.min_faults = s->process.cgroup_id = (1ULL << 53) - 1 + random_below(random, 3);
	s->names = (struct ringside_names){
		.user = random_shown(random, s->user), .container = random_shown(random, s->container),
		.pod = random_shown(random, s->pod), .pod_namespace = random_shown(random, s->pod_namespace),
	};
}

/* Everything at its widest: six bytes of JSON for each. */
static inline void subject_widest(struct subject *s)
{
	memset(s, 0xff, sizeof(*s));
	memset(s->process.comm, 1, 16);
	memset(s->process.parent_comm, 1, 16);
	memset(s->process.exe, 1, RS_PATH_SIZE - 1);
	s->process.exe[RS_PATH_SIZE - 1] = '\0'; /* without it the part would not be whole */
	memcpy(s->process.parent_exe, s->process.exe, RS_PATH_SIZE);
	path_to_parts("/kubepods.slice/kubepods-pod" UID_LOW ".slice/cri-containerd-" HEX64 ".scope", s->process.cgroup);
	s->process.exe_cut = s->process.parent_exe_cut = 1;
	s->process.cgroup_cut = 0;
	memcpy(s->exe, ".../", 5);
	memset(s->exe + 4, 1, RS_PATH_SIZE - 1);
	s->exe[4 + RS_PATH_SIZE - 1] = '\0';
	memcpy(s->parent_exe, s->exe, sizeof(s->exe));
	s->container_id = HEX64;
	s->runtime = "containerd";
	s->pod_uid = UID_DASHES;
	memset(s->user, 1, 599);
	s->user[599] = '\0';
	s->names = (struct ringside_names){ s->user, s->user, s->user, s->user };
}

#endif
