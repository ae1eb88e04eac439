// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "pinroot.h"
#include "pins.h"
#include "source.h"

#define MOUNT_SOURCE "ringside" /* by which we know a mount as ours */

void pin_path(char path[PIN_PATH_MAX], const struct pin_root *root, const char *where,
	      const char *dir, const char *name)
{
	snprintf(path, PIN_PATH_MAX, "%s%s%s/%s%s%s", root->path, where ? "/" : "",
		 where ? where : "", dir, name ? "/" : "", name ? name : "");
}

static bool is_bpffs(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == BPF_FS_MAGIC;
}

static bool in_bpffs(const char *path)
{
	char *copy = strdup(path);
	bool inside = copy && is_bpffs(dirname(copy));

	free(copy);
	return inside;
}

/* In a mount namespace that ends with this command (`ip netns exec` makes one)
 * the pins would end with it, and nobody outside could see them.
 */
static int refuse_short_lived_namespace(const struct options *o)
{
	struct stat ours, init;

	if (o->pin_root_given || stat("/proc/self/ns/mnt", &ours) || stat("/proc/1/ns/mnt", &init))
		return 0;
	if (ours.st_ino == init.st_ino && ours.st_dev == init.st_dev)
		return 0;
	warnx("mount bpffs on %s: this is a mount namespace of its own, readers elsewhere would see nothing",
	      o->pin_root);
	hint("instead of ip netns exec NAME, use nsenter --net=/run/netns/NAME; or name a place with --pin-root");
	return -1;
}

static bool mount_is_ours(const char *path)
{
	char line[1024], source[64], point[512];
	FILE *mounts = fopen("/proc/self/mounts", "re");
	bool ours = false;

	while (mounts && fgets(line, sizeof(line), mounts))
		if (sscanf(line, "%63s %511s", source, point) == 2 && !strcmp(point, path))
			ours = !strcmp(source, MOUNT_SOURCE); /* the last one is on top */
	if (mounts)
		fclose(mounts);
	return ours;
}

/* Whatever the umask, and without the sticky bit that bpffs adds. */
static int set_mode(const char *path)
{
	if (chmod(path, RS_PIN_ROOT_MODE)) {
		warn("make directory %s", path);
		return -1;
	}
	return 0;
}

/* Of two loaders at once the second must not mount over what the first one has. Until
 * then nobody but root can open the directory. Returns 1: it is not there any more.
 */
static int mount_once(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = -1;
	struct stat here, there;

	if (fd < 0)
		return errno == ENOENT ? 1 : -1;
	/* one that somebody else made may be locked by anybody */
	if (fstat(fd, &here) || flock(fd, (here.st_mode & 066) ? LOCK_EX | LOCK_NB : LOCK_EX))
		here.st_ino = 0;
	if (is_bpffs(path))
		result = 0;
	else if (stat(path, &there) || (here.st_ino && here.st_ino != there.st_ino))
		result = 1;
	else
		result = mount(MOUNT_SOURCE, path, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0755");
	/* readers look there when somebody unmounts it */
	if (result == 0)
		fchmod(fd, RS_PIN_ROOT_MODE);
	close(fd);
	return result;
}

/* Returns 1: somebody else removes it, try again. */
static int make_mount(const struct options *o)
{
	bool inside, made;
	int error = 0;

	/* a loader that was killed may not have come to set the mode */
	if (is_bpffs(o->pin_root))
		return mount_is_ours(o->pin_root) ? set_mode(o->pin_root) : 0;
	inside = in_bpffs(o->pin_root); /* then so is what is made in it */
	if (!inside && refuse_short_lived_namespace(o))
		return -1;
	made = mkdir(o->pin_root, inside ? RS_PIN_ROOT_MODE : 0711) == 0;
	if (!made && errno != EEXIST) {
		warn("make directory %s", o->pin_root);
		return -1;
	}
	if (!inside)
		error = mount_once(o->pin_root);
	if (error < 0) {
		warn("mount bpffs on %s", o->pin_root);
		if (made)
			rmdir(o->pin_root);
	}
	return error ?: set_mode(o->pin_root);
}

/* The lock is on a directory only root can open: on the root itself any reader
 * could hold it and keep the loader waiting for ever.
 */
static int lock(struct pin_root *root)
{
	root->fd = open(root->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root->fd < 0)
		return -errno;
	if (mkdirat(root->fd, RS_DIR_STAGE, RS_DIR_ROOT_MODE) && errno != EEXIST)
		return -errno;
	root->stage_fd = openat(root->fd, RS_DIR_STAGE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root->stage_fd < 0 || flock(root->stage_fd, LOCK_EX))
		return -errno;
	return 0;
}

/* Whoever held the lock before may have removed the mount that we waited in. */
static bool still_there(const struct pin_root *root)
{
	struct stat here, there;
	char path[PIN_PATH_MAX];

	pin_path(path, root, NULL, RS_DIR_STAGE, NULL);
	return !fstat(root->stage_fd, &here) && !stat(path, &there) &&
	       here.st_ino == there.st_ino && here.st_dev == there.st_dev;
}

static void let_go(struct pin_root *root)
{
	if (root->stage_fd >= 0)
		close(root->stage_fd);
	if (root->fd >= 0)
		close(root->fd);
	root->fd = root->stage_fd = -1;
}

static int lock_and_clean(struct pin_root *root)
{
	int error = lock(root);

	if (error) {
		let_go(root);
		errno = -error;
		warn("lock %s", root->path);
		return -1;
	}
	if (still_there(root))
		source_clean_stage(root);
	return 0;
}

int pin_root_make(struct pin_root *root, const struct options *o)
{
	for (int tries = 0; tries < 100; tries++) {
		*root = (struct pin_root){ .path = o->pin_root, .fd = -1, .stage_fd = -1 };
		int error = make_mount(o);
		if (error > 0)
			continue;
		if (error || lock_and_clean(root))
			return -1;
		if (still_there(root))
			return 0;
		let_go(root);
	}
	warnx("lock %s: it is made and removed all the time", o->pin_root);
	return -1;
}

int pin_root_find(struct pin_root *root, const struct options *o)
{
	*root = (struct pin_root){ .path = o->pin_root, .fd = -1, .stage_fd = -1 };
	if (!is_bpffs(o->pin_root))
		return 1;
	if (lock_and_clean(root))
		return -1;
	if (still_there(root))
		return 0;
	let_go(root);
	return 1;
}

int remove_tree(int at, const char *name)
{
	struct dirent *entry;
	int fd, error = 0;
	DIR *dir;

	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		if (errno == ENOTDIR)
			return unlinkat(at, name, 0) ? -errno : 0;
		return errno == ENOENT ? 0 : -errno;
	}
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		error = remove_tree(dirfd(dir), entry->d_name) ?: error;
	}
	closedir(dir);
	if (unlinkat(at, name, AT_REMOVEDIR))
		return -errno;
	return error;
}

static bool nothing_loaded(const struct pin_root *root)
{
	struct dirent *entry;
	bool nothing = true;
	DIR *dir = fdopendir(dup(root->fd));

	if (!dir)
		return false;
	rewinddir(dir);
	while ((entry = readdir(dir)))
		if (rs_is_source_dir(entry->d_name))
			nothing = false;
	closedir(dir);
	return nothing;
}

void pin_root_close(struct pin_root *root)
{
	if (root->fd >= 0 && root->stage_fd >= 0 && nothing_loaded(root)) {
		unlinkat(root->fd, RS_DIR_STAGE, AT_REMOVEDIR);
		/* readers may be waiting in it: they watch the mount table */
		if (mount_is_ours(root->path) && umount2(root->path, MNT_DETACH) == 0)
			rmdir(root->path);
		else if (in_bpffs(root->path))
			rmdir(root->path);
	}
	let_go(root);
}
