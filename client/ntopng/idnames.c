// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "idnames.h"

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

/* NAME:PASSWORD:ID:... The NUL behind the name is put there. */
static bool parse_line(char *line, uint32_t *id)
{
	char *password = strchr(line, ':'), *number = password ? strchr(password + 1, ':') : NULL, *end;
	unsigned long long value;

	if (!number || password == line || number[1] < '0' || number[1] > '9')
		return false;
	value = strtoull(number + 1, &end, 10);
	if (*end != ':' || value > UINT32_MAX)
		return false;
	*password = '\0';
	*id = (uint32_t)value;
	return true;
}

static int by_id(const void *a, const void *b)
{
	const struct idname *x = a, *y = b;

	return x->id != y->id ? (x->id < y->id ? -1 : 1) : (x->name < y->name ? -1 : x->name > y->name);
}

static void load(struct idnames *names)
{
	size_t lines = 1;

	idnames_free(names);
	names->text = read_file(names->path);
	if (!names->text)
		return;
	for (const char *c = names->text; (c = strchr(c, '\n')); c++)
		lines++;
	names->list = malloc(lines * sizeof(*names->list));
	if (!names->list)
		return;
	for (char *line = names->text, *end; line; line = end) {
		struct idname *n = &names->list[names->count];

		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		n->name = (uint32_t)(line - names->text);
		names->count += parse_line(line, &n->id);
	}
	qsort(names->list, names->count, sizeof(*names->list), by_id);
}

static void look(struct idnames *names, int64_t now_ms)
{
	struct stat s = {};

	if (now_ms < names->look_at_ms)
		return;
	names->look_at_ms = now_ms + LOOK_EACH_MS;
	if (stat(names->path, &s))
		memset(&s, 0, sizeof(s));
	if (s.st_mtim.tv_sec == names->seen.st_mtim.tv_sec && s.st_mtim.tv_nsec == names->seen.st_mtim.tv_nsec &&
	    s.st_ino == names->seen.st_ino && s.st_size == names->seen.st_size)
		return;
	names->seen = s;
	load(names);
}

const char *idnames_find(struct idnames *names, int64_t id, int64_t now_ms)
{
	size_t low = 0, high;

	look(names, now_ms);
	for (high = names->count; low < high;) { /* the first of those with this number */
		size_t middle = low + (high - low) / 2;

		if (names->list[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < names->count && names->list[low].id == id ? names->text + names->list[low].name : NULL;
}

void idnames_free(struct idnames *names)
{
	free(names->text);
	free(names->list);
	names->text = NULL;
	names->list = NULL;
	names->count = 0;
}
