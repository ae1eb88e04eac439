// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* sources.c - which sources there are: pins that come and go, interfaces that change their names. */
#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "follow.h"

/* ------------------------------------------------------------------ notices */

static void notice(struct ringside *r, const struct ringside_event *event)
{
	struct ringside_event *more = realloc(r->notices, (r->notice_count + 1) * sizeof(*more));

	if (!more)
		return;
	r->notices = more;
	r->notices[r->notice_count++] = *event;
}

void notice_source(struct ringside *r, enum ringside_kind kind, struct followed *f)
{
	notice(r, &(struct ringside_event){ .kind = kind, .source = &f->pub });
}

/* Says once for each source why it cannot be followed, until that changes. */
static void refuse(struct ringside *r, const char *dir, int error, const struct rs_about *about)
{
	struct followed *f;
	struct refused *more;

	for (size_t i = 0; i < r->refused_count; i++) {
		if (!strcmp(r->refused[i].dir, dir)) {
			if (r->refused[i].error == error)
				return;
			r->refused[i].error = error;
			goto say;
		}
	}
	more = realloc(r->refused, (r->refused_count + 1) * sizeof(*more));
	if (!more)
		return;
	r->refused = more;
	snprintf(more[r->refused_count].dir, sizeof(more->dir), "%s", dir);
	more[r->refused_count++].error = error;
say:
	/* a source of its own, kept until close: events point at it */
	f = calloc(1, sizeof(*f));
	if (!f)
		return;
	rs_source_name(dir, f->pub.name);
	f->pub.about = *about;
	f->map.bell = -1;
	f->ended = true;
	struct followed **sources = realloc(r->sources, (r->count + 1) * sizeof(*sources));
	if (!sources) {
		free(f);
		return;
	}
	r->sources = sources;
	r->sources[r->count++] = f;
	notice(r, &(struct ringside_event){ .kind = RINGSIDE_REFUSED, .error = error, .source = &f->pub });
}

static void forgive(struct ringside *r, const char *dir)
{
	for (size_t i = 0; i < r->refused_count; i++)
		if (!strcmp(r->refused[i].dir, dir))
			r->refused[i].error = 0;
}

/* ------------------------------------------------------------------ sources */

void followed_free(struct followed *f)
{
	close_ring(&f->map);
	free(f->rings);
	free(f);
}

static int rebuild_lanes(struct ringside *r)
{
	struct lane *lanes;
	size_t count = 0;

	for (size_t i = 0; i < r->count; i++)
		count += r->sources[i]->rings ? r->sources[i]->pub.about.cpus : 0;
	lanes = calloc(count + 1, sizeof(*lanes));
	if (!lanes)
		return -ENOMEM;
	free(r->lanes);
	r->lanes = lanes;
	r->lane_count = 0;
	for (size_t i = 0; i < r->count; i++) {
		struct followed *f = r->sources[i];
		for (uint32_t cpu = 0; f->rings && cpu < f->pub.about.cpus; cpu++)
			r->lanes[r->lane_count++] = (struct lane){ .ring = &f->rings[cpu], .source = f, .cpu = cpu };
	}
	return 0;
}

static void current_name(struct ringside *r, struct followed *f);

static int add_source(struct ringside *r, const char *dir, const struct rs_about *about, bool from_start)
{
	struct followed *f = calloc(1, sizeof(*f)), **sources;
	/* The bell is a user ring buffer: what it polls as is "there is room", always;
	 * each drain wakes whoever waits for that edge (kernel/bpf/ringbuf.c).
	 */
	struct epoll_event ring_bell = { .events = EPOLLOUT | EPOLLET };
	const unsigned char *memory;
	int error = -ENOMEM;

	if (!f)
		return -ENOMEM;
	rs_source_name(dir, f->pub.name);
	snprintf(f->dir, sizeof(f->dir), "%s", dir);
	f->pub.about = *about;
	f->map.bell = -1;
	f->offset_ns = about->clock_offset_ns;
	if (about->ifindex)
		memcpy(f->pub.if_name, about->if_name, sizeof(f->pub.if_name));
	error = open_ring(r->root, dir, about, &f->map);
	if (error)
		goto failed;
	error = -ENOMEM;
	f->rings = calloc(about->cpus, sizeof(*f->rings));
	sources = realloc(r->sources, (r->count + 1) * sizeof(*sources));
	if (sources)
		r->sources = sources;
	if (!f->rings || !sources)
		goto failed;
	memory = f->map.memory;
	for (uint32_t cpu = 0; cpu < about->cpus; cpu++) {
		size_t slots = (size_t)about->cpus + (size_t)cpu * about->slots;
		f->rings[cpu].head = (const void *)(memory + (size_t)cpu * about->slot_size);
		f->rings[cpu].slots = memory + slots * about->slot_size;
		f->rings[cpu].mask = about->slots - 1;
		f->rings[cpu].slot_size = about->slot_size;
		ring_start(&f->rings[cpu], from_start);
	}
	if (epoll_ctl(r->epoll, EPOLL_CTL_ADD, f->map.bell, &ring_bell)) {
		error = -errno;
		goto failed;
	}
	r->sources[r->count++] = f;
	error = rebuild_lanes(r);
	if (error) {
		r->count--;
		goto failed;
	}
	forgive(r, dir);
	current_name(r, f);
	notice_source(r, RINGSIDE_ATTACHED, f);
	return 0;
failed:
	followed_free(f);
	return error;
}

void drop_ended(struct ringside *r)
{
	size_t kept = 0, lanes = 0;

	for (size_t i = 0; i < r->lane_count; i++)
		if (!r->lanes[i].source->ended)
			r->lanes[lanes++] = r->lanes[i];
	r->lane_count = lanes;
	for (size_t i = 0; i < r->count; i++) {
		if (r->sources[i]->ended)
			followed_free(r->sources[i]);
		else
			r->sources[kept++] = r->sources[i];
	}
	r->count = kept;
}

static struct followed *find_followed(const struct ringside *r, const char *dir)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->sources[i]->rings && !r->sources[i]->ending && !strcmp(r->sources[i]->dir, dir))
			return r->sources[i];
	return NULL;
}

static void end_source(struct followed *f)
{
	f->ending = true;
	f->ending_since_ns = clock_ns(CLOCK_BOOTTIME);
}

static void watch(struct ringside *r, const char *dir)
{
	char path[512];

	/* A watch that is there is not made twice; it goes with its directory. Below
	 * the root no attributes: who may open the ring may also touch it, and could
	 * keep all others busy with that.
	 */
	snprintf(path, sizeof(path), "%s%s%s", r->root, dir ? "/" : "", dir ? dir : "");
	inotify_add_watch(r->inotify, path, IN_CREATE | IN_DELETE | IN_MOVE | IN_MOVE_SELF | IN_DELETE_SELF |
			  IN_ONLYDIR | (dir ? 0 : IN_ATTRIB));
}

/* Compares what is pinned under one name with what is followed. */
static void reconcile_one(struct ringside *r, const char *dir)
{
	struct followed *f = find_followed(r, dir);
	struct rs_about about;
	__u32 id = 0;
	int error;

	watch(r, dir);
	error = open_about(r->root, dir, &about);
	if (!error)
		error = open_ring_id(r->root, dir, &id);
	if (f && error == -EACCES)
		return; /* closed to newcomers; what is mapped stays */
	if (f && !error && id == f->map.id) {
		f->pub.about = about; /* the programs may have been swapped */
		f->gone = false;
		r->renamed = true;
		return;
	}
	if (f) {
		end_source(f);
		r->started = true;
	}
	if (!error)
		error = add_source(r, dir, &about, r->started || (r->flags & RINGSIDE_FROM_START));
	if (error && error != -ENOENT && error != -ENOTDIR)
		refuse(r, dir, error, &about);
}

/* The word flows is the host's sockets: an interface that is called so is followed
 * only by those who follow all.
 */
static void dir_of(const char *name, char dir[RS_SOURCE_NAME_MAX])
{
	if (!strcmp(name, RS_SOURCE_FLOWS))
		strcpy(dir, RS_SOURCE_FLOWS);
	else
		rs_source_dir(name, dir);
}

void reconcile(struct ringside *r)
{
	struct dirent *entry;
	DIR *dir;

	r->stale = false;
	close_processes(&r->processes); /* others may be pinned there now */
	r->processes_opened_ns = INT64_MIN / 2;
	watch(r, NULL);
	if (r->wanted) {
		for (char **name = r->wanted; *name; name++) {
			char wanted[RS_SOURCE_NAME_MAX];
			dir_of(*name, wanted);
			reconcile_one(r, wanted);
		}
	} else {
		for (size_t i = 0; i < r->count; i++)
			if (r->sources[i]->rings && !r->sources[i]->ending)
				reconcile_one(r, r->sources[i]->dir);
		dir = opendir(r->root);
		while (dir && (entry = readdir(dir)))
			if (rs_is_source_dir(entry->d_name) && !find_followed(r, entry->d_name))
				reconcile_one(r, entry->d_name);
		if (dir)
			closedir(dir);
	}
	r->started = true;
}

/* ------------------------------------------------------------------ interfaces */

/* An index means something only in the namespace where the loader ran. */
static bool same_netns(const struct rs_about *about)
{
	struct stat ns;

	return stat("/proc/self/ns/net", &ns) == 0 && ns.st_ino == about->netns_ino;
}

static void current_name(struct ringside *r, struct followed *f)
{
	char name[IF_NAMESIZE];

	if (!f->rings || f->ending || !f->pub.about.ifindex || !same_netns(&f->pub.about))
		return;
	if (!if_indextoname(f->pub.about.ifindex, name)) {
		if (errno == ENXIO && !f->gone) {
			f->gone = true;
			notice_source(r, RINGSIDE_GONE, f);
		}
		return;
	}
	if (strcmp(name, f->pub.if_name)) {
		memcpy(f->pub.if_name, name, sizeof(f->pub.if_name));
		notice_source(r, RINGSIDE_RENAMED, f);
	}
}

void current_names(struct ringside *r)
{
	r->renamed = false;
	for (size_t i = 0; i < r->count; i++)
		current_name(r, r->sources[i]);
}
