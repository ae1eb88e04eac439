// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "idnames.h"

#define SECOND_NS 1000000000LL
#define FILE_MOST (16 << 20)

/* The file with a NUL behind it, or NULL. */
static char *read_file(const char *path, size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat s;
	char *text = NULL;
	ssize_t got;

	*length = 0;
	if (fd >= 0 && !fstat(fd, &s) && S_ISREG(s.st_mode) && s.st_size < FILE_MOST)
		text = malloc((size_t)s.st_size + 1);
	while (text && *length < (size_t)s.st_size) {
		got = read(fd, text + *length, (size_t)s.st_size - *length);
		if (got <= 0)
			break;
		*length += (size_t)got;
	}
	if (text)
		text[*length] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

/* NAME:PASSWORD:ID:... The NUL behind the name is put there. */
static bool parse_line(char *line, uint32_t *id)
{
	char *password = strchr(line, ':'), *number = password ? strchr(password + 1, ':') : NULL, *end;
	unsigned long long value;

	if (!number || password == line || *line == '#' || *line == '+' || *line == '-' || number[1] < '0' ||
	    number[1] > '9')
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

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static void load(struct idnames *names)
{
	size_t length, lines = 1, n = 0;

	idnames_free(names);
	names->text = read_file(names->path, &length);
	if (!names->text)
		return;
	for (const char *c = names->text; (c = strchr(c, '\n')); c++)
		lines++;
	names->list = malloc(lines * sizeof(*names->list));
	if (!names->list)
		return;
	for (char *line = names->text, *end; line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		names->list[n].name = (uint32_t)(line - names->text);
		n += parse_line(line, &names->list[n].id);
	}
	qsort(names->list, n, sizeof(*names->list), by_id);
	for (size_t i = 0; i < n; i++)
		if (names->count == 0 || names->list[names->count - 1].id != names->list[i].id)
			names->list[names->count++] = names->list[i];
}

static bool is_another(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_sec != b->st_mtim.tv_sec || a->st_mtim.tv_nsec != b->st_mtim.tv_nsec ||
	       a->st_ino != b->st_ino || a->st_dev != b->st_dev || a->st_size != b->st_size;
}

static void look(struct idnames *names, int64_t now_ns)
{
	struct stat s = {};

	if (names->look_at_ns && now_ns < names->look_at_ns)
		return;
	names->look_at_ns = now_ns + SECOND_NS;
	if (stat(names->path, &s))
		memset(&s, 0, sizeof(s));
	if (is_another(&s, &names->seen)) {
		names->seen = s;
		load(names);
	}
}

const char *idnames_find(struct idnames *names, int64_t id, int64_t now_ns)
{
	size_t low = 0, high;

	look(names, now_ns);
	for (high = names->count; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (names->list[middle].id == id)
			return names->text + names->list[middle].name;
		if (names->list[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

void idnames_free(struct idnames *names)
{
	free(names->text);
	free(names->list);
	names->text = NULL;
	names->list = NULL;
	names->count = 0;
}
