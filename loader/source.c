// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <bpf/bpf.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attach.h"
#include "clsact.h"
#include "flows.h"
#include "source.h"

void source_dir_of(const char *name, char dir[RS_SOURCE_NAME_MAX])
{
	if (!strcmp(name, RS_SOURCE_FLOWS))
		strcpy(dir, RS_SOURCE_FLOWS);
	else
		rs_source_dir(name, dir);
}

bool source_is_flows(const struct source *s)
{
	return !strcmp(s->dir, RS_SOURCE_FLOWS);
}

void source_init(struct source *s, const char *dir)
{
	memset(s, 0, sizeof(*s));
	snprintf(s->dir, sizeof(s->dir), "%s", dir);
	rs_source_name(dir, s->name);
	s->ring = s->bell = s->counters = s->about_map = -1;
	s->xdp = s->tc = s->xdp_link = s->tcx_link = s->processes = -1;
}

void source_close(struct source *s)
{
	int *fds[] = { &s->ring, &s->bell, &s->counters, &s->about_map,
		       &s->xdp, &s->tc, &s->xdp_link, &s->tcx_link, &s->processes };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

/* ------------------------------------------------------------------ opening */

static int open_pin(const struct pin_root *root, const char *where, const char *dir, const char *name,
		    __u32 flags)
{
	DECLARE_LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = flags);
	char path[PIN_PATH_MAX];

	pin_path(path, root, where, dir, name);
	return bpf_obj_get_opts(path, &opts);
}

static int read_about(struct source *s)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info), zero = 0;
	char *value;
	int error;

	if (bpf_obj_get_info_by_fd(s->about_map, &info, &size))
		return -errno;
	value = calloc(1, info.value_size + sizeof(s->about));
	if (!value)
		return -ENOMEM;
	error = bpf_map_lookup_elem(s->about_map, &zero, value);
	memcpy(&s->about, value, sizeof(s->about));
	free(value);
	if (error)
		return -errno;
	if (info.value_size < offsetof(struct rs_about, slot_size) || s->about.magic != RS_ABOUT_MAGIC)
		return -EPROTO;
	if (s->about.abi != RS_ABI_VERSION || info.value_size != sizeof(s->about))
		return -EPROTO;
	return s->about.slot_size == (source_is_flows(s) ? RS_FLOW_SLOT_SIZE : RS_SLOT_SIZE) ? 0 : -EPROTO;
}

static int open_in(struct source *s, const struct pin_root *root, const char *where)
{
	char path[PIN_PATH_MAX];
	struct stat st;
	int error;

	pin_path(path, root, where, s->dir, RS_PIN_RING);
	if (stat(path, &st))
		return -errno;
	s->mode = st.st_mode & 0777;
	s->gid = st.st_gid;
	s->about_map = open_pin(root, where, s->dir, RS_PIN_ABOUT, BPF_F_RDONLY);
	s->counters = open_pin(root, where, s->dir, RS_PIN_COUNTERS, geteuid() ? BPF_F_RDONLY : 0);
	error = s->about_map < 0 || s->counters < 0 ? -errno : 0;
	s->ring = open_pin(root, where, s->dir, RS_PIN_RING, 0);
	s->bell = open_pin(root, where, s->dir, RS_PIN_BELL, geteuid() ? BPF_F_RDONLY : 0);
	/* only root gets at these, and not every source has each */
	s->xdp = open_pin(root, where, s->dir, RS_DIR_ROOT "/" RS_PIN_XDP, 0);
	s->tc = open_pin(root, where, s->dir, RS_DIR_ROOT "/" RS_PIN_TC, 0);
	s->xdp_link = open_pin(root, where, s->dir, RS_DIR_ROOT "/" RS_PIN_XDP_LINK, 0);
	s->tcx_link = open_pin(root, where, s->dir, RS_DIR_ROOT "/" RS_PIN_TCX_LINK, 0);
	s->processes = open_pin(root, where, s->dir, RS_PIN_PROCESSES, geteuid() ? BPF_F_RDONLY : 0);
	error = error ?: read_about(s);
	if (error == -EPROTO) {
		/* of another version's fields only these two can be trusted; the rest is seen */
		s->about = (struct rs_about){ .magic = s->about.magic, .abi = s->about.abi };
		s->about.ifindex = attached_ifindex(s);
		if (s->tc >= 0 && clsact_runs(s->about.ifindex, s->tc))
			s->about.hooks = RS_HOOK_CLSACT;
	}
	return error;
}

int source_open(struct source *s, const struct pin_root *root, const char *dir)
{
	source_init(s, dir);
	return open_in(s, root, NULL);
}

/* ------------------------------------------------------------------ staging */

static int make_about(struct source *s)
{
	DECLARE_LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_RDONLY_PROG);
	__u32 zero = 0;

	s->about_map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "about", sizeof(zero), sizeof(s->about), 1, &opts);
	if (s->about_map < 0 || bpf_map_update_elem(s->about_map, &zero, &s->about, BPF_ANY)) {
		warn("make the description of %s", s->name);
		return -1;
	}
	return 0;
}

int source_stage_pin(const struct source *s, const struct pin_root *root, const char *name, int fd, mode_t mode,
		     gid_t gid)
{
	char path[PIN_PATH_MAX];

	pin_path(path, root, RS_DIR_STAGE, s->dir, name);
	if (bpf_obj_pin(fd, path) || chown(path, 0, gid) || chmod(path, mode)) {
		warn("pin %s of %s", name, s->name);
		return -1;
	}
	return 0;
}

int source_stage_dir(const struct source *s, const struct pin_root *root, const char *name, mode_t mode, gid_t gid)
{
	char path[PIN_PATH_MAX];

	pin_path(path, root, RS_DIR_STAGE, s->dir, name);
	if (mkdir(path, 0700) || chown(path, 0, gid) || chmod(path, mode)) {
		warn("make directory %s", path);
		return -1;
	}
	return 0;
}

/* Of the things that not every source has. */
static int stage_if_there(const struct source *s, const struct pin_root *root, const char *name, int fd, mode_t mode,
			  gid_t gid)
{
	return fd < 0 ? 0 : source_stage_pin(s, root, name, fd, mode, gid);
}

int source_stage(struct source *s, const struct pin_root *root)
{
	mode_t readonly = RS_MODE_READONLY(s->mode);

	if (make_about(s) ||
	    source_stage_dir(s, root, NULL, RS_MODE_DIR(s->mode), s->gid) ||
	    source_stage_pin(s, root, RS_PIN_RING, s->ring, s->mode, s->gid) ||
	    source_stage_pin(s, root, RS_PIN_BELL, s->bell, readonly, s->gid) ||
	    source_stage_pin(s, root, RS_PIN_COUNTERS, s->counters, readonly, s->gid) ||
	    source_stage_pin(s, root, RS_PIN_ABOUT, s->about_map, readonly, s->gid) ||
	    stage_if_there(s, root, RS_PIN_PROCESSES, s->processes, readonly, s->gid) ||
	    source_stage_dir(s, root, RS_DIR_ROOT, RS_DIR_ROOT_MODE, 0) ||
	    stage_if_there(s, root, RS_DIR_ROOT "/" RS_PIN_XDP, s->xdp, RS_PIN_ROOT_ONLY_MODE, 0) ||
	    stage_if_there(s, root, RS_DIR_ROOT "/" RS_PIN_TC, s->tc, RS_PIN_ROOT_ONLY_MODE, 0))
		return -1;
	return 0;
}

int source_pin_links(const struct source *s, const struct pin_root *root)
{
	__u32 zero = 0;

	if (bpf_map_update_elem(s->about_map, &zero, &s->about, BPF_ANY) || bpf_map_freeze(s->about_map)) {
		warn("make the description of %s", s->name);
		return -1;
	}
	if (stage_if_there(s, root, RS_DIR_ROOT "/" RS_PIN_XDP_LINK, s->xdp_link, RS_PIN_ROOT_ONLY_MODE, 0) ||
	    stage_if_there(s, root, RS_DIR_ROOT "/" RS_PIN_TCX_LINK, s->tcx_link, RS_PIN_ROOT_ONLY_MODE, 0))
		return -1;
	return 0;
}

int source_publish(const struct source *s, const struct pin_root *root)
{
	if (renameat2(root->stage_fd, s->dir, root->fd, s->dir, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EEXIST ||
	    renameat2(root->stage_fd, s->dir, root->fd, s->dir, RENAME_EXCHANGE)) {
		warn("publish %s/%s", root->path, s->dir);
		return -1;
	}
	return 0;
}

void source_retract(const struct source *s, const struct pin_root *root, bool had_old)
{
	if (renameat2(root->fd, s->dir, root->stage_fd, s->dir, had_old ? RENAME_EXCHANGE : RENAME_NOREPLACE))
		warn("take %s/%s back", root->path, s->dir);
}

/* ------------------------------------------------------------------ removing */

int source_remove(struct source *s, const struct pin_root *root)
{
	int error;

	/* in this order, so that what was seen last can still be read */
	detach(s);
	if (renameat2(root->fd, s->dir, root->stage_fd, s->dir, RENAME_NOREPLACE)) {
		error = -errno;
		warn("remove %s/%s", root->path, s->dir);
		return error;
	}
	error = remove_tree(root->stage_fd, s->dir);
	if (error) {
		errno = -error;
		warn("remove %s/%s/%s", root->path, RS_DIR_STAGE, s->dir);
	}
	return error;
}

static void clean_staged(const struct pin_root *root, const char *dir)
{
	struct source staged, published;

	source_init(&staged, dir);
	open_in(&staged, root, RS_DIR_STAGE);
	/* A loader that was killed while it loaded again left links here that
	 * the published source holds as well: those stay attached, and go on
	 * with the published programs.
	 */
	if (source_open(&published, root, dir) == -ENOENT) {
		detach(&staged);
	} else if (source_is_flows(&staged)) {
		flows_undo(root);
	} else {
		staged.about.ifindex = staged.about.ifindex ?: published.about.ifindex;
		attach_undo(&staged, &published);
	}
	source_close(&published);
	source_close(&staged);
	remove_tree(root->stage_fd, dir);
}

void source_clean_stage(const struct pin_root *root)
{
	char **dirs = source_dirs(root->stage_fd);

	for (int i = 0; dirs && dirs[i]; i++)
		clean_staged(root, dirs[i]);
	source_free_dirs(dirs);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **source_dirs(int root_fd)
{
	char **dirs = calloc(1, sizeof(*dirs)), **more;
	struct dirent *entry;
	size_t count = 0;
	DIR *dir;

	dir = fdopendir(dup(root_fd));
	if (dir)
		rewinddir(dir);
	while (dirs && dir && (entry = readdir(dir))) {
		if (!rs_is_source_dir(entry->d_name))
			continue;
		more = realloc(dirs, (count + 2) * sizeof(*dirs));
		if (!more)
			break;
		dirs = more;
		dirs[count++] = strdup(entry->d_name);
		dirs[count] = NULL;
	}
	if (dir)
		closedir(dir);
	if (dirs)
		qsort(dirs, count, sizeof(*dirs), by_name);
	return dirs;
}

void source_free_dirs(char **dirs)
{
	for (int i = 0; dirs && dirs[i]; i++)
		free(dirs[i]);
	free(dirs);
}

const char *group_name(gid_t gid, char buffer[GROUP_NAME_MAX])
{
	struct group *group = getgrgid(gid);

	if (group)
		snprintf(buffer, GROUP_NAME_MAX, "%s", group->gr_name);
	else
		snprintf(buffer, GROUP_NAME_MAX, "%u", gid);
	return buffer;
}

/* ------------------------------------------------------------------ counting */

int source_written(const struct source *s, __u64 *written)
{
	char slot[RS_FLOW_SLOT_SIZE]; /* the larger one */

	*written = 0;
	for (__u32 cpu = 0; cpu < s->about.cpus; cpu++) {
		if (bpf_map_lookup_elem(s->ring, &cpu, slot))
			return -errno;
		*written += ((struct rs_head *)slot)->next;
	}
	return 0;
}

int source_counters(const struct source *s, struct rs_counters *sum)
{
	struct rs_counters one;

	memset(sum, 0, sizeof(*sum));
	for (__u32 cpu = 0; cpu < s->about.cpus; cpu++) {
		if (bpf_map_lookup_elem(s->counters, &cpu, &one))
			return -errno;
		sum->seen += one.seen;
		for (int i = 0; i < RS_FILTERED_N; i++)
			sum->filtered[i] += one.filtered[i];
		for (int i = 0; i < RS_FAILED_N; i++)
			sum->failed[i] += one.failed[i];
		for (int i = 0; i < RS_NOTED_N; i++)
			sum->noted[i] += one.noted[i];
	}
	return 0;
}
