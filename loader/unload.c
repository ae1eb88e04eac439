// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* unload.c - detach, and remove exactly the pins that load made. */
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source.h"

static int unload_one(const struct pin_root *root, const char *name)
{
	struct source s;
	int error = source_open(&s, root, name);

	if (error == -ENOENT) {
		warnx("unload %s: it is not loaded", name);
		hint("ringside-loader status lists what is");
	} else {
		/* whatever is wrong with it, it can be removed */
		error = source_remove(&s, root);
		if (!error)
			printf("detached from interface: %s\n", name);
	}
	source_close(&s);
	return error;
}

int command_unload(const struct options *o, int count, char **interfaces)
{
	struct pin_root root = PIN_ROOT_NONE;
	char **names = NULL;
	int found, code = EXIT_DONE;

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
	if (o->all)
		interfaces = names = found ? NULL : source_names(root.fd);
	for (int i = 0; o->all ? names && names[i] : i < count; i++) {
		if (found) {
			warnx("unload %s: it is not loaded", interfaces[i]);
			code = EXIT_FAILED;
		} else if (unload_one(&root, interfaces[i])) {
			code = EXIT_FAILED;
		}
	}
	source_free_names(names);
	pin_root_close(&root);
	return code;
}
