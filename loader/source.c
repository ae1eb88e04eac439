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
#include "source.h"

void source_init(struct source *s, const char *name)
{
	memset(s, 0, sizeof(*s));
	snprintf(s->name, sizeof(s->name), "%s", name);
	rs_source_dir(name, s->dir);
	s->ring = s->bell = s->counters = s->about_map = -1;
	s->xdp = s->tc = s->xdp_link = s->tcx_link = -1;
}

void source_close(struct source *s)
{
	int *fds[] = { &s->ring, &s->bell, &s->counters, &s->about_map,
		       &s->xdp, &s->tc, &s->xdp_link, &s->tcx_link };

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
	return s->about.abi == RS_ABI_VERSION && info.value_size == sizeof(s->about) ? 0 : -EPROTO;
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

int source_open(struct source *s, const struct pin_root *root, const char *name)
{
	source_init(s, name);
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

static int pin(const struct source *s, const struct pin_root *root, const char *name, int fd, mode_t mode,
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

static int make_dir(const struct source *s, const struct pin_root *root, const char *name, mode_t mode,
		    gid_t gid)
{
	char path[PIN_PATH_MAX];

	pin_path(path, root, RS_DIR_STAGE, s->dir, name);
	if (mkdir(path, 0700) || chown(path, 0, gid) || chmod(path, mode)) {
		warn("make directory %s", path);
		return -1;
	}
	return 0;
}

int source_stage(struct source *s, const struct pin_root *root)
{
	mode_t readonly = RS_MODE_READONLY(s->mode);

	if (make_about(s) ||
	    make_dir(s, root, NULL, RS_MODE_DIR(s->mode), s->gid) ||
	    pin(s, root, RS_PIN_RING, s->ring, s->mode, s->gid) ||
	    pin(s, root, RS_PIN_BELL, s->bell, readonly, s->gid) ||
	    pin(s, root, RS_PIN_COUNTERS, s->counters, readonly, s->gid) ||
	    pin(s, root, RS_PIN_ABOUT, s->about_map, readonly, s->gid) ||
	    make_dir(s, root, RS_DIR_ROOT, RS_DIR_ROOT_MODE, 0) ||
	    pin(s, root, RS_DIR_ROOT "/" RS_PIN_XDP, s->xdp, RS_PIN_ROOT_ONLY_MODE, 0) ||
	    (s->tc >= 0 && pin(s, root, RS_DIR_ROOT "/" RS_PIN_TC, s->tc, RS_PIN_ROOT_ONLY_MODE, 0)))
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
	if (s->xdp_link >= 0 &&
	    pin(s, root, RS_DIR_ROOT "/" RS_PIN_XDP_LINK, s->xdp_link, RS_PIN_ROOT_ONLY_MODE, 0))
		return -1;
	if (s->tcx_link >= 0 &&
	    pin(s, root, RS_DIR_ROOT "/" RS_PIN_TCX_LINK, s->tcx_link, RS_PIN_ROOT_ONLY_MODE, 0))
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

void source_clean_stage(const struct pin_root *root)
{
	char **names = source_names(root->stage_fd);

	for (int i = 0; names && names[i]; i++) {
		struct source staged, published;

		source_init(&staged, names[i]);
		open_in(&staged, root, RS_DIR_STAGE);
		/* A loader that was killed while it loaded again left links here that
		 * the published source holds as well: those stay attached, and go on
		 * with the published programs.
		 */
		if (source_open(&published, root, names[i]) == -ENOENT) {
			detach(&staged);
		} else {
			staged.about.ifindex = staged.about.ifindex ?: published.about.ifindex;
			attach_undo(&staged, &published);
		}
		source_close(&published);
		source_close(&staged);
		remove_tree(root->stage_fd, staged.dir);
	}
	source_free_names(names);
}

char **source_names(int root_fd)
{
	char **names = calloc(1, sizeof(*names)), **more;
	char name[RS_SOURCE_NAME_MAX];
	struct dirent *entry;
	size_t count = 0;
	DIR *dir;

	dir = fdopendir(dup(root_fd));
	if (dir)
		rewinddir(dir);
	while (names && dir && (entry = readdir(dir))) {
		if (!rs_is_source_dir(entry->d_name))
			continue;
		more = realloc(names, (count + 2) * sizeof(*names));
		if (!more)
			break;
		names = more;
		rs_source_name(entry->d_name, name);
		names[count++] = strdup(name);
		names[count] = NULL;
	}
	if (dir)
		closedir(dir);
	return names;
}

void source_free_names(char **names)
{
	for (int i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
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
	char slot[RS_SLOT_SIZE];

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
	}
	return 0;
}
