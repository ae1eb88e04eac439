// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "users.h"

#define SECOND_NS 1000000000LL
#define FILE_MOST (16 << 20)
#define ENTRY_MOST (1 << 20) /* what getpwuid_r() may ask for */

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

/* NAME:PASSWORD:UID:... The NUL behind the name is put there. */
static bool parse_line(char *line, uint32_t *uid)
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
	*uid = (uint32_t)value;
	return true;
}

static int by_uid(const void *a, const void *b)
{
	const struct user *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static void load(struct users *users)
{
	size_t length, lines = 1, n = 0;

	users_free(users);
	users->text = read_file(users->path, &length);
	if (!users->text)
		return;
	for (const char *c = users->text; (c = strchr(c, '\n')); c++)
		lines++;
	users->list = malloc(lines * sizeof(*users->list));
	if (!users->list)
		return;
	for (char *line = users->text, *end; line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		users->list[n].name = (uint32_t)(line - users->text);
		n += parse_line(line, &users->list[n].uid);
	}
	qsort(users->list, n, sizeof(*users->list), by_uid);
	for (size_t i = 0; i < n; i++)
		if (users->count == 0 || users->list[users->count - 1].uid != users->list[i].uid)
			users->list[users->count++] = users->list[i];
}

static bool is_another(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_sec != b->st_mtim.tv_sec || a->st_mtim.tv_nsec != b->st_mtim.tv_nsec ||
	       a->st_ino != b->st_ino || a->st_dev != b->st_dev || a->st_size != b->st_size;
}

static void look(struct users *users, int64_t now_ns)
{
	struct stat s = {};

	if (users->look_at_ns && now_ns < users->look_at_ns)
		return;
	users->look_at_ns = now_ns + SECOND_NS;
	if (stat(users->path, &s))
		memset(&s, 0, sizeof(s));
	if (is_another(&s, &users->seen)) {
		users->seen = s;
		load(users);
	}
}

const char *users_find(struct users *users, uint32_t uid, int64_t now_ns)
{
	size_t low = 0, high;

	look(users, now_ns);
	for (high = users->count; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (users->list[middle].uid == uid)
			return users->text + users->list[middle].name;
		if (users->list[middle].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

void users_free(struct users *users)
{
	free(users->text);
	free(users->list);
	users->text = NULL;
	users->list = NULL;
	users->count = 0;
}

bool users_ask(void *context, const struct lookup_question *question, struct lookup_answer *answer, int64_t *good_ns,
	       int stop)
{
	uid_t uid = (uid_t)strtoul(question->key, NULL, 10);
	struct passwd entry, *found = NULL;
	char *buffer = NULL, *larger;
	int error = ERANGE;

	for (size_t size = 4096; error == ERANGE && size <= ENTRY_MOST; size *= 4) {
		larger = realloc(buffer, size);
		if (!larger)
			break;
		buffer = larger;
		error = getpwuid_r(uid, &entry, buffer, size, &found);
	}
	if (found)
		snprintf(answer->name, sizeof(answer->name), "%s", found->pw_name);
	free(buffer);
	*good_ns = (found ? 300 : 60) * SECOND_NS;
	return found;
}
