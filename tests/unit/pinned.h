/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * pinned.h - sources as ringside-loader pins them, for who has no BPF: each map is a
 * file, and the calls of libbpf that the library makes are answered from these.
 *
 * ring and about are what the maps hold; processes is a row of keys and values.
 */
#ifndef RINGSIDE_TEST_PINNED_H
#define RINGSIDE_TEST_PINNED_H

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pins.h"
#include "ringside.h"
#include "test.h"

static char pinned_root[64];

/* What the maps are said to be, where a test wants it to be wrong; 0: what they are. */
static uint32_t pinned_ring_value, pinned_process_key = sizeof(__u64);
/* The value of processes: a struct rs_process and what only the programs know. */
static uint32_t pinned_process_value = sizeof(struct rs_process) + 72;

/* System calls that would have been made. */
static unsigned int pinned_opened, pinned_lookups; /* of processes */

struct pinned {
	char path[128];
	struct rs_about about;
	unsigned char *memory;
	size_t bytes;
};

/* ------------------------------------------------------------------ libbpf */

static const char *map_of(int fd, char path[256])
{
	char link[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, 255);
	CHECK(length > 0);
	path[length] = '\0';
	return strrchr(path, '/') + 1;
}

int bpf_obj_get_opts(const char *path, const struct bpf_obj_get_opts *opts)
{
	const char *name = strrchr(path, '/') + 1;
	bool read_only = opts->file_flags & BPF_F_RDONLY;

	/* only the ring is opened so that it may be mapped */
	EQUAL(read_only, strcmp(name, RS_PIN_RING) != 0);
	pinned_opened += !strcmp(name, RS_PIN_PROCESSES);
	if (!strcmp(name, RS_PIN_BELL))
		return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return open(path, O_CLOEXEC | (read_only ? O_RDONLY : O_RDWR));
}

int bpf_obj_get_info_by_fd(int fd, void *to, __u32 *size)
{
	struct bpf_map_info *info = to;
	struct rs_about about = {};
	char path[256];
	const char *name = map_of(fd, path);
	struct stat file;
	int other;

	CHECK(*size >= sizeof(*info) && !fstat(fd, &file));
	info->id = (__u32)file.st_ino;
	if (!strcmp(name, RS_PIN_ABOUT)) {
		info->value_size = (__u32)file.st_size;
		info->max_entries = 1;
	} else if (!strcmp(name, RS_PIN_PROCESSES)) {
		info->key_size = pinned_process_key;
		info->value_size = pinned_process_value;
	} else {
		strcpy(strrchr(path, '/') + 1, RS_PIN_ABOUT);
		other = open(path, O_RDONLY);
		CHECK(read(other, &about, sizeof(about)) == sizeof(about));
		close(other);
		info->value_size = pinned_ring_value ?: about.slot_size;
		info->max_entries = (__u32)(file.st_size / about.slot_size);
	}
	return 0;
}

int bpf_map_lookup_elem(int fd, const void *key, void *value)
{
	char path[256];
	off_t step = (off_t)(sizeof(__u64) + pinned_process_value);
	__u64 found;

	if (!strcmp(map_of(fd, path), RS_PIN_ABOUT)) {
		CHECK(pread(fd, value, sizeof(struct rs_about), 0) == sizeof(struct rs_about));
		return 0;
	}
	pinned_lookups++;
	for (off_t at = 0; pread(fd, &found, sizeof(found), at) == sizeof(found); at += step) {
		if (found == *(const __u64 *)key) {
			CHECK(pread(fd, value, pinned_process_value, at + 8) == pinned_process_value);
			return 0;
		}
	}
	errno = ENOENT;
	return -1;
}

/* ------------------------------------------------------------------ the loader */

static inline int pinned_file(const struct pinned *p, const char *name, int flags)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", p->path, name);
	fd = open(path, flags | O_CREAT | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	return fd;
}

/* A source in the directory DIR. RS_ABOUT_MAGIC goes without saying; RINGS have their own size. */
static inline struct pinned pinned_new(const char *dir, uint32_t slot_size, uint32_t cpus, uint32_t slots)
{
	struct pinned p = { .about = { .magic = RS_ABOUT_MAGIC, .abi = RS_ABI_VERSION, .slot_size = slot_size,
				       .cpus = cpus, .slots = slots } };
	int fd;

	if (!*pinned_root) {
		strcpy(pinned_root, "/tmp/ringside-unit.XXXXXX");
		CHECK(mkdtemp(pinned_root));
	}
	snprintf(p.path, sizeof(p.path), "%s/%s", pinned_root, dir);
	CHECK(!mkdir(p.path, 0700));
	if (strcmp(dir, RS_SOURCE_FLOWS)) {
		char name[RS_SOURCE_NAME_MAX];
		rs_source_name(dir, name);
		memcpy(p.about.if_name, name, sizeof(p.about.if_name) - 1);
		p.about.ifindex = 1;
	}
	p.bytes = (size_t)cpus * (1 + slots) * slot_size;
	fd = pinned_file(&p, RS_PIN_RING, O_RDWR);
	CHECK(!ftruncate(fd, (off_t)p.bytes));
	p.memory = mmap(NULL, p.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p.memory != MAP_FAILED);
	close(fd);
	fd = pinned_file(&p, RS_PIN_ABOUT, O_WRONLY);
	CHECK(write(fd, &p.about, sizeof(p.about)) == sizeof(p.about));
	close(fd);
	return p;
}

static inline void pinned_remove(struct pinned *p)
{
	static const char *const names[] = { RS_PIN_RING, RS_PIN_ABOUT, RS_PIN_PROCESSES };
	char path[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", p->path, names[i]);
		unlink(path);
	}
	CHECK(!rmdir(p->path));
	munmap(p->memory, p->bytes);
	*p = (struct pinned){};
}

static inline void pinned_end(void)
{
	if (*pinned_root)
		CHECK(!rmdir(pinned_root));
}

static inline void pinned_add_process(const struct pinned *p, const struct rs_process *process, __u64 key)
{
	unsigned char value[4096] = {};
	int fd = pinned_file(p, RS_PIN_PROCESSES, O_WRONLY | O_APPEND);

	memset(value, 0xee, pinned_process_value);
	memcpy(value, process, sizeof(*process));
	CHECK(write(fd, &key, sizeof(key)) == sizeof(key));
	CHECK(write(fd, value, pinned_process_value) == pinned_process_value);
	close(fd);
}

/* ------------------------------------------------------------------ the programs */

static inline unsigned char *pinned_slot(const struct pinned *p, uint32_t cpu, uint64_t n)
{
	size_t at = p->about.cpus + (size_t)cpu * p->about.slots + (size_t)(n & (p->about.slots - 1));

	return p->memory + at * p->about.slot_size;
}

/* RECORD is of the ring's slot size; its number and sum are filled in. Returns the number. */
static inline uint64_t pinned_write(const struct pinned *p, uint32_t cpu, void *record)
{
	struct rs_head *head = (void *)(p->memory + (size_t)cpu * p->about.slot_size);
	struct rs_hdr *hdr = record;
	uint64_t n = head->next++;

	hdr->seq = n + 1;
	hdr->check = rs_check(record, n, p->about.slot_size);
	memcpy(pinned_slot(p, cpu, n), record, p->about.slot_size);
	return n;
}

/* ------------------------------------------------------------------ the reader */

/* SOURCE: one by name, or NULL */
static inline struct ringside *pinned_open(const char *source, unsigned int flags)
{
	const char *names[] = { source, NULL };
	struct ringside_options options = { .size = sizeof(options), .pin_root = pinned_root,
					    .sources = source ? names : NULL, .flags = flags };
	struct ringside *r;

	EQUAL(ringside_open(&r, &options), 0);
	return r;
}

#endif
