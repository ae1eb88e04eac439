// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A cgroup's path tells the container where a runtime made it, and no name that only looks like it does; paths are put together. */
#include "process.h"

#define HEX63 "cbd2540ec5be4c7bd0a3ec0c97c9f0b2f8a3f1e5d6c7b8a90123456789abcde"
#define OTHER "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define STATIC "a9cd8a2a8d8b6f3bd8d83dd2ac7a8d2c"
#define SLICES "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod"
#define USER "/user.slice/user-1000.slice/user@1000.service"

static const struct { const char *path, *id, *runtime, *pod_uid; } known[] = {
	/* docker: systemd, cgroupfs, with systemd inside, in a container, rootless */
	{ "/system.slice/docker-" HEX64 ".scope", HEX64, "docker", "" },
	{ "/docker/" HEX64, HEX64, "docker", "" },
	{ "/docker/" HEX64 "/init", HEX64, "docker", "" },
	{ "/mine.slice/docker-" HEX64 ".scope", HEX64, "docker", "" },
	{ "/docker-" HEX64 ".scope", HEX64, "docker", "" },
	{ "/system.slice/docker-" HEX64 ".scope/system.slice/nginx.service", HEX64, "docker", "" },
	{ "/docker/" OTHER "/docker/" HEX64, HEX64, "docker", "" },
	{ "/lxc/101/ns/docker/" HEX64, HEX64, "docker", "" },
	{ USER "/user.slice/docker-" HEX64 ".scope", HEX64, "docker", "" },
	/* containerd */
	{ "/system.slice/nerdctl-" HEX64 ".scope", HEX64, "containerd", "" },
	{ "/system.slice/cri-containerd-" HEX64 ".scope", HEX64, "containerd", "" },
	{ SLICES UID_LOW ".slice/cri-containerd-" HEX64 ".scope", HEX64, "containerd", UID_DASHES },
	{ "/kubepods.slice/kubepods-pod" UID_LOW ".slice/cri-containerd-" HEX64 ".scope", HEX64, "containerd", UID_DASHES },
	{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_LOW ".slice/cri-containerd-" HEX64 ".scope",
	  HEX64, "containerd", UID_DASHES },
	{ SLICES STATIC ".slice/cri-containerd-" HEX64 ".scope", HEX64, "containerd", STATIC },
	{ "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod" UID_LOW
	  ".slice/cri-containerd-" HEX64 ".scope", HEX64, "containerd", UID_DASHES },
	{ "/system.slice/containerd.service/kubepods-besteffort-pod" UID_LOW ".slice:cri-containerd:" HEX64, HEX64, "containerd",
	  UID_DASHES },
	{ "/kubepods-burstable-pod" STATIC ".slice:cri-containerd:" HEX64 "/child", HEX64, "containerd", STATIC },
	{ "/system.slice:docker:" HEX64, HEX64, "docker", "" },
	/* cri-o */
	{ SLICES UID_LOW ".slice/crio-" HEX64 ".scope", HEX64, "cri-o", UID_DASHES },
	{ SLICES UID_LOW ".slice/crio-" HEX64 ".scope/container", HEX64, "cri-o", UID_DASHES },
	{ "/docker/" OTHER "/kubepods.slice/kubepods-pod" UID_LOW ".slice/crio-" HEX64 ".scope", HEX64, "cri-o", UID_DASHES },
	{ "/kubepods/besteffort/pod" UID_DASHES "/crio-" HEX64, HEX64, "cri-o", UID_DASHES },
	/* podman: root, of a user, in a pod, as a service (quadlet), cgroupfs */
	{ "/machine.slice/libpod-" HEX64 ".scope", HEX64, "podman", "" },
	{ "/machine.slice/libpod-" HEX64 ".scope/container", HEX64, "podman", "" },
	{ "/machine.slice/libpod-" HEX64 ".scope/libpod-payload-" HEX64, HEX64, "podman", "" },
	{ USER "/user.slice/libpod-" HEX64 ".scope/container", HEX64, "podman", "" },
	{ "/machine.slice/machine-libpod_pod_" OTHER ".slice/libpod-" HEX64 ".scope/container", HEX64, "podman", "" },
	{ "/system.slice/web.service/libpod-payload-" HEX64, HEX64, "podman", "" },
	{ USER "/app.slice/web.service/libpod-payload-" HEX64 "/init.scope", HEX64, "podman", "" },
	{ "/libpod_parent/libpod-" HEX64, HEX64, "podman", "" },
	/* Kubernetes without systemd: whose runtime it is, nobody says */
	{ "/kubepods/burstable/pod" UID_DASHES "/" HEX64, HEX64, "", UID_DASHES },
	{ "/kubepods/besteffort/pod" UID_DASHES "/" HEX64, HEX64, "", UID_DASHES },
	{ "/kubepods/pod" UID_DASHES "/" HEX64, HEX64, "", UID_DASHES },
	{ "/kubepods/burstable/pod" STATIC "/" HEX64, HEX64, "", STATIC },
	{ "/kubepods/burstable/pod" UID_DASHES "/" HEX64 "/a/b/c", HEX64, "", UID_DASHES },
	{ "/kubelet/kubepods/burstable/pod" UID_DASHES "/" HEX64, HEX64, "", UID_DASHES },
	/* kind: in docker, in rootless docker */
	{ "/docker/" OTHER "/kubelet/kubepods/burstable/pod" UID_DASHES "/" HEX64, HEX64, "", UID_DASHES },
	{ "/user.slice/user@1.service/a.slice/docker-" OTHER ".scope/kubepods/pod" STATIC "/" HEX64, HEX64, "", STATIC },
	/* docker in a pod: the pod is of the outer one */
	{ "/kubepods/burstable/pod" STATIC "/" OTHER "/docker/" HEX64, HEX64, "docker", "" },
	/* an inner one that is none leaves the outer one */
	{ "/system.slice/docker-" HEX64 ".scope/docker-" HEX63 ".scope", HEX64, "docker", "" },
	{ "/docker/" HEX64 "/" OTHER, HEX64, "docker", "" },
	/* a pod's name that is no uid */
	{ "/kubepods.slice/kubepods-pod" "8e5f5b5f.slice/crio-" HEX64 ".scope", HEX64, "cri-o", "" },
	{ "/kubepods.slice/kubepods-pod" UID_DASHES ".slice/crio-" HEX64 ".scope", HEX64, "cri-o", "" },
	{ "/mykubepods.slice/mykubepods-pod" UID_LOW ".slice/crio-" HEX64 ".scope", HEX64, "cri-o", "" },
	{ "/kubepods.slice/kubepods-pod.slice/crio-" HEX64 ".scope", HEX64, "cri-o", "" },
};

static const char *const none[] = {
	"", "/", "/init.scope", "/system.slice/docker.service", "/system.slice/ssh.service", "/docker", "/docker/buildkit",
	"/docker/buildkit/" HEX64, USER "/app.slice/app-gnome.scope",
	/* what looks after a container */
	"/machine.slice/libpod-conmon-" HEX64 ".scope", "/system.slice/crio-conmon-" HEX64 ".scope",
	SLICES UID_LOW ".slice/crio-conmon-" HEX64 ".scope", "/kubepods/pod" UID_DASHES "/crio-conmon-" HEX64,
	"/system.slice/web.service/runtime", "/libpod_parent/conmon", SLICES UID_LOW ".slice",
	"/kubepods/burstable/pod" UID_DASHES,
	/* names like ids that are none */
	"/system.slice/docker-" HEX63 ".scope", "/system.slice/docker-" HEX64 "0.scope", "/system.slice/docker-" HEX63 "g.scope",
	"/system.slice/docker-" HEX63 "F.scope", "/system.slice/docker-" HEX64, "/system.slice/docker-" HEX64 ".scope.d",
	"/system.slice/docker-" HEX64 ".service", "/system.slice/adocker-" HEX64 ".scope", "/system.slice/" HEX64,
	"/system.slice/rkt-" HEX64 ".scope", "/system.slice/docker-\n" HEX63 ".scope", "/system.slice/Docker-" HEX64 ".scope",
	"/docker/" HEX63, "/docker/" HEX64 "0", "/docker/x/" HEX64, "/dockers/" HEX64, "/" HEX64, "/default/" HEX64,
	"/kubepods/burstable/pod/" HEX64, "/kubepods/burstable/pod1/" HEX64, "/kubepods/pod" UID_LOW "/" HEX64,
	"/kubepods/pod" UID_DASHES "0/" HEX64, "/kubepods/" HEX64, "/pod" UID_DASHES "/" HEX64, "/burstable/pod" UID_DASHES "/" HEX64,
	"/kubepods/other/pod" UID_DASHES "/" HEX64, "/kubepods/burstable/burstable/pod" UID_DASHES "/" HEX64,
	"/kubepods/pod" STATIC "0/" HEX64, "/kubepods/pod" STATIC "0123/" HEX64, "/kubepods/pod" HEX64 "/" HEX64,
	"/kubepods/pod8E5f5b5f-1c2d-4e3f-9a8b-7c6d5e4f3a2b/" HEX64,
	"/kubepods.slice:cri-containerd:" HEX63, "/:cri-containerd:" HEX64, "/kubepods:cri-containerd:" HEX64,
	"/kubepods.slice:evil:" HEX64, "/kubepods.slice::" HEX64, "/kubepods.slice:cri-containerd:x:" HEX64, "/.slice:docker" HEX64,
	/* names where no runtime has them */
	"/mine/docker-" HEX64 ".scope", "/system.slice/a.service/docker-" HEX64 ".scope", "/system.slice/libpod-" HEX64,
	"/mine/libpod-payload-" HEX64, "/libpod-payload-" HEX64, "/machine.slice/libpod-payload-" HEX64,
	/* of a user, who makes directories below the own service */
	USER "/docker/" HEX64, USER "/mine/docker/" HEX64, USER "/kubepods/burstable/pod" STATIC "/" HEX64,
	USER "/a.service/libpod_parent/libpod-" HEX64, USER "/system.slice:docker:" HEX64, USER "/docker-" HEX64 ".scope",
};

static int look(const char *path, int cut, struct ringside_container *c)
{
	static struct rs_process p;

	memset(c, 0x5a, sizeof(*c));
	memcpy(p.parent_exe + RS_PATH_SIZE - 6, ".slice", 6); /* lies before it */
	CHECK(!path_to_parts(path, p.cgroup));
	p.cgroup_cut = (__u8)cut;
	WHERE("%s%s", cut ? "..." : "", path);
	return ringside_container(&p, c);
}

static void test_known(void)
{
	struct ringside_container c;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		EQUAL(look(known[i].path, 0, &c), 1);
		EQUAL_TEXT(c.id, known[i].id);
		EQUAL_TEXT(c.runtime, known[i].runtime);
		EQUAL_TEXT(c.pod_uid, known[i].pod_uid);
	}
}

static void test_none(void)
{
	struct ringside_container c;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		EQUAL(look(none[i], 0, &c), 0);
}

/* Without its beginning a path is believed as far as what is left says where it is. */
static void test_cut(void)
{
	struct ringside_container c;

	EQUAL(look("/kubepods-pod" UID_LOW ".slice/crio-" HEX64 ".scope", 1, &c), 1);
	EQUAL_TEXT(c.pod_uid, UID_DASHES);
	EQUAL(look("/docker-" HEX64 ".scope", 1, &c), 0);
	EQUAL(look("/docker/" HEX64, 1, &c), 0);
	EQUAL(look("/" HEX64, 1, &c), 0);
	EQUAL(look("/system.slice/docker-" OTHER ".scope/docker/" HEX64, 1, &c), 1);
	EQUAL_TEXT(c.id, HEX64);
}

/* Every byte of an id and of what is around it counts. */
static void test_every_byte(void)
{
	static const char *const paths[] = {
		"/a.slice/docker-" HEX64 ".scope", "/docker/" HEX64, "/kubepods/pod" STATIC "/" HEX64,
		"/libpod_parent/libpod-" HEX64, "/a.slice:nerdctl:" HEX64,
	};
	struct ringside_container c;
	char path[300];

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		EQUAL(look(paths[i], 0, &c), 1);
		for (size_t at = 0; paths[i][at]; at++) {
			strcpy(path, paths[i]);
			path[at] = 'Z';
			if (at == 0 || (strchr(path, '.') && at < 2) || (at == 1 && path[2] == '.'))
				continue; /* "/" itself, and the slice's own name */
			EQUAL(look(path, 0, &c), 0);
		}
	}
}

/* Bytes that are no path: nothing is read behind them. */
static void test_anything(void)
{
	struct rs_process *p = malloc(sizeof(*p));
	struct ringside_container c;
	uint64_t random = random_seed();
	char *path = malloc(RS_PATH_SIZE + 8);

	memset(p, 'a', sizeof(*p));
	p->exe_cut = 0; /* lies behind it */
	EQUAL(ringside_container(p, &c), 0);
	EQUAL(ringside_path(p->cgroup, 1, path), 3); /* no whole name in it */
	for (int i = 0; i < 200000; i++) {
		size_t length;
		for (size_t k = 0; k < RS_PATH_SIZE; k++)
			p->cgroup[k] = "\0/a.:-\xff"[random_below(&random, 7)];
		p->cgroup[0] = 'x';
		p->cgroup_cut = (__u8)(i & 1);
		if (i % 4 == 0) /* one whole name at the end, without its NUL */
			memcpy(p->cgroup + RS_PATH_SIZE - 78, "\0docker-" HEX64 ".scope", 78);
		EQUAL(ringside_container(p, &c), 0);
		length = ringside_path(p->cgroup, i & 1, path);
		CHECK(length <= RS_PATH_SIZE + 4);
		EQUAL(strlen(path), length);
	}
	free(p);
	free(path);
}

static void test_paths(void)
{
	static const struct { const char parts[64]; int cut; const char *path; } rows[] = {
		{ "curl\0bin\0usr\0\0", 0, "/usr/bin/curl" }, { "curl\0bin\0usr\0\0", 1, ".../usr/bin/curl" },
		{ "init\0\0", 0, "/init" }, { "", 0, "" }, { "", 1, "..." }, { "\xff\n\0 \0\0", 0, "/ /\xff\n" },
		{ "a\0b\0\0c\0", 0, "/b/a" },
	};
	char parts[RS_PATH_SIZE], path[RS_PATH_SIZE + 8];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(parts, 0, sizeof(parts));
		memcpy(parts, rows[i].parts, sizeof(rows[i].parts));
		memset(path, 'x', sizeof(path));
		EQUAL(ringside_path(parts, rows[i].cut, path), strlen(rows[i].path));
		EQUAL_TEXT(path, rows[i].path);
	}
	memset(parts, 'y', sizeof(parts)); /* a name of 255 bytes fills it */
	parts[255] = '\0';
	EQUAL(ringside_path(parts, 1, path), 3 + 1 + 255);
	for (size_t i = 0; i < sizeof(parts); i++) /* the most parts there can be */
		parts[i] = i % 2 ? '\0' : 'z';
	EQUAL(ringside_path(parts, 1, path), 3 + 256);
	CHECK(!strncmp(path, ".../z/z/z", 9));
}

int main(void)
{
	test_known();
	test_none();
	test_cut();
	test_every_byte();
	test_where[0] = '\0';
	test_anything();
	test_paths();
	return 0;
}
