// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "groups.h"

#define FILE_MOST (16 << 20)
#define LOOK_EACH_MS 1000

static char *read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat s;
	char *text = NULL;
	ssize_t got = 0;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &s) && S_ISREG(s.st_mode) && s.st_size < FILE_MOST)
		text = malloc((size_t)s.st_size + 1);
	if (text)
		got = read(fd, text, (size_t)s.st_size);
	if (text)
		text[got > 0 ? got : 0] = '\0';
	close(fd);
	return text;
}

/* NAME:PASSWORD:GID:... The NUL behind the name is put there. */
static bool parse_line(char *line, uint32_t *gid)
{
	char *password = strchr(line, ':'), *number = password ? strchr(password + 1, ':') : NULL, *end;
	unsigned long long value;

	if (!number || password == line || number[1] < '0' || number[1] > '9')
		return false;
	value = strtoull(number + 1, &end, 10);
	if (*end != ':' || value > UINT32_MAX)
		return false;
	*password = '\0';
	*gid = (uint32_t)value;
	return true;
}

static int by_gid(const void *a, const void *b)
{
	const struct group_name *x = a, *y = b;

	return x->gid != y->gid ? (x->gid < y->gid ? -1 : 1) : (x->name < y->name ? -1 : x->name > y->name);
}

static void load(struct groups *groups)
{
	size_t lines = 1;

	groups_free(groups);
	groups->text = read_file(groups->path);
	if (!groups->text)
		return;
	for (const char *c = groups->text; (c = strchr(c, '\n')); c++)
		lines++;
	groups->list = malloc(lines * sizeof(*groups->list));
	if (!groups->list)
		return;
	for (char *line = groups->text, *end; line; line = end) {
		struct group_name *g = &groups->list[groups->count];

		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		g->name = (uint32_t)(line - groups->text);
		groups->count += parse_line(line, &g->gid);
	}
	qsort(groups->list, groups->count, sizeof(*groups->list), by_gid);
}

static void look(struct groups *groups, int64_t now_ms)
{
	struct stat s = {};

	if (now_ms < groups->look_at_ms)
		return;
	groups->look_at_ms = now_ms + LOOK_EACH_MS;
	if (stat(groups->path, &s))
		memset(&s, 0, sizeof(s));
	if (s.st_mtim.tv_sec == groups->seen.st_mtim.tv_sec && s.st_mtim.tv_nsec == groups->seen.st_mtim.tv_nsec &&
	    s.st_ino == groups->seen.st_ino && s.st_size == groups->seen.st_size)
		return;
	groups->seen = s;
	load(groups);
}

const char *groups_find(struct groups *groups, int64_t gid, int64_t now_ms)
{
	size_t low = 0, high;

	look(groups, now_ms);
	for (high = groups->count; low < high;) { /* the first of those with this number */
		size_t middle = low + (high - low) / 2;

		if (groups->list[middle].gid < gid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < groups->count && groups->list[low].gid == gid ? groups->text + groups->list[low].name : NULL;
}

void groups_free(struct groups *groups)
{
	free(groups->text);
	free(groups->list);
	groups->text = NULL;
	groups->list = NULL;
	groups->count = 0;
}
