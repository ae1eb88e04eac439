// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * flows-known FILE COMMAND...: appends to FILE what a process knows of itself and its parent, as JSON and as the records
 * name it, and becomes COMMAND. Descriptor 9 is the initial pid namespace's /proc.
 */
#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROC "/proc/self/fd/9/"

static void read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t length = fd < 0 ? -1 : read(fd, text, size - 1);

	if (length < 0)
		err(1, "%s", path);
	text[length] = '\0';
	text[strcspn(text, "\n")] = '\0';
	close(fd);
}

/* "0::/a" in the text of /proc/PID/cgroup is "/a" for the controllers "". */
static const char *find_group(char *text, const char *controllers, char path[PATH_MAX])
{
	char copy[8192], *rest = copy, *line;

	snprintf(copy, sizeof(copy), "%s", text);
	while ((line = strsep(&rest, "\n"))) {
		char *second = strchr(line, ':'), *third = second ? strchr(second + 1, ':') : NULL;

		if (!third)
			continue;
		*third = '\0';
		if (!strcmp(second + 1, controllers)) {
			snprintf(path, PATH_MAX, "%s", third + 1);
			return path;
		}
	}
	return NULL;
}

/* The inode of its cgroup's directory: of memory's hierarchy where that is one of its own (v1), else of the default one. */
static unsigned long long cgroup_id(void)
{
	static const char *const unified[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };
	char text[8192], group[PATH_MAX], path[PATH_MAX + 64];
	int fd = open("/proc/self/cgroup", O_RDONLY);
	ssize_t length = read(fd, text, sizeof(text) - 1);
	struct stat st;

	close(fd);
	if (length < 0)
		err(1, "/proc/self/cgroup");
	text[length] = '\0';
	if (find_group(text, "memory", group) && strcmp(group, "/")) {
		snprintf(path, sizeof(path), "/sys/fs/cgroup/memory%s", group);
		if (!stat(path, &st))
			return st.st_ino;
	}
	if (find_group(text, "", group)) {
		snprintf(path, sizeof(path), "%s%s", unified[access(unified[0], F_OK) ? 1 : 0], group);
		if (!stat(path, &st))
			return st.st_ino;
	}
	errx(1, "no cgroup: %s", text);
}

static long link_number(const char *path)
{
	char text[64];
	ssize_t length = readlink(path, text, sizeof(text) - 1);

	if (length < 0)
		err(1, "%s", path);
	text[length] = '\0';
	return atol(text + strcspn(text, "0123456789"));
}

int main(int argc, char **argv)
{
	char text[4096], comm[64], path[64], exe[PATH_MAX];
	int parent = 0, fd;
	ssize_t length;
	char *after;

	if (argc < 3)
		errx(2, "FILE COMMAND...");
	read_file(PROC "self/stat", text, sizeof(text));
	after = strrchr(text, ')');
	if (!after || sscanf(after, ") %*c %d", &parent) != 1)
		errx(1, "no parent: %s", text);
	snprintf(path, sizeof(path), PROC "%d/comm", parent);
	read_file(path, comm, sizeof(comm));
	snprintf(path, sizeof(path), PROC "%d/exe", parent);
	length = readlink(path, exe, sizeof(exe) - 1);
	exe[length < 0 ? 0 : length] = '\0';
	fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0)
		err(1, "%s", argv[1]);
	/* another user's executable is not shown */
	dprintf(fd, "{\"pid\":%ld,\"uid\":%d,\"gid\":%d,\"ppid\":%d,\"parent_comm\":\"%s\",%s%s%s\"netns\":%ld,\"cgroup_id\":%llu}\n",
		link_number(PROC "self"), (int)getuid(), (int)getgid(), parent, comm, *exe ? "\"parent_exe\":\"" : "", exe,
		*exe ? "\"," : "", link_number("/proc/self/ns/net"), cgroup_id());
	execvp(argv[2], argv + 2);
	err(127, "%s", argv[2]);
}
