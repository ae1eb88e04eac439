// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* unload.c - detach, and remove exactly the pins that load made. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source.h"

static int unload_one(const struct pin_root *root, const char *dir)
{
	struct source s;
	int error = source_open(&s, root, dir);

	/* a pin may be missing in one that is there */
	if (error == -ENOENT && faccessat(root->fd, dir, F_OK, 0)) {
		warnx("unload %s: it is not loaded", s.name);
		hint("ringside-loader status lists what is");
	} else {
		/* whatever is wrong with it, it can be removed */
		error = source_remove(&s, root);
		if (!error)
			printf("detached from %s: %s\n", source_is_flows(&s) ? "sockets" : "interface", s.name);
	}
	source_close(&s);
	return error;
}

/* The host's sockets are watched as long as any interface is. */
static bool only_flows(const struct pin_root *root)
{
	char **dirs = source_dirs(root->fd);
	bool only = dirs && dirs[0] && !dirs[1] && !strcmp(dirs[0], RS_SOURCE_FLOWS);

	source_free_dirs(dirs);
	return only;
}

int command_unload(const struct options *o, int count, char **interfaces)
{
	struct pin_root root = PIN_ROOT_NONE;
	char **dirs;
	int found, unloaded = 0, code = EXIT_DONE;

	if ((count == 0) != o->all) {
		warnx(o->all ? "unload: --all takes no interface" : "unload: no interface given");
		return EXIT_USAGE;
	}
	if (geteuid() != 0) {
		warnx("unload: %s", strerror(EPERM));
		hint("it needs root: sudo ringside-loader unload %s", o->all ? "--all" : interfaces[0]);
		return EXIT_FAILED;
	}
	found = pin_root_find(&root, o);
	if (found < 0)
		return EXIT_FAILED;
	if (o->all) {
		dirs = found ? NULL : source_dirs(root.fd);
		for (int i = 0; dirs && dirs[i]; i++)
			if (unload_one(&root, dirs[i]))
				code = EXIT_FAILED;
		source_free_dirs(dirs);
	}
	for (int i = 0; i < count; i++) {
		char dir[RS_SOURCE_NAME_MAX];

		source_dir_of(interfaces[i], dir);
		if (found) {
			warnx("unload %s: it is not loaded", interfaces[i]);
			code = EXIT_FAILED;
		} else if (unload_one(&root, dir)) {
			code = EXIT_FAILED;
		} else {
			unloaded++;
		}
	}
	if (unloaded && only_flows(&root) && unload_one(&root, RS_SOURCE_FLOWS))
		code = EXIT_FAILED;
	pin_root_close(&root);
	return code;
}
