// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* open.c - opening what the loader pinned, with as little as it takes. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "open.h"

const char *pin_root(const char *named)
{
	const char *root = named ?: getenv(RS_PIN_ROOT_ENV);

	return root && *root ? root : RS_PIN_ROOT;
}

static int open_pin(const char *root, const char *dir, const char *name, __u32 flags)
{
	DECLARE_LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = flags);
	char path[512];
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s/%s", root, dir, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = bpf_obj_get_opts(path, &opts);
	return fd < 0 ? -errno : fd;
}

static int map_info(int fd, struct bpf_map_info *info)
{
	__u32 size = sizeof(*info);

	memset(info, 0, size);
	return bpf_obj_get_info_by_fd(fd, info, &size) ? -errno : 0;
}

/* The two kinds of sources are told apart by name, before anything pinned is believed. */
static __u32 slot_size_of(const char *dir)
{
	return strcmp(dir, RS_SOURCE_FLOWS) ? RS_SLOT_SIZE : RS_FLOW_SLOT_SIZE;
}

int open_about(const char *root, const char *dir, struct rs_about *about)
{
	struct bpf_map_info info;
	__u32 zero = 0;
	char *value;
	int fd, error;

	memset(about, 0, sizeof(*about));
	fd = open_pin(root, dir, RS_PIN_ABOUT, BPF_F_RDONLY);
	if (fd < 0)
		return fd;
	error = map_info(fd, &info);
	value = error ? NULL : calloc(1, info.value_size + sizeof(*about));
	if (!value) {
		close(fd);
		return error ?: -ENOMEM;
	}
	if (bpf_map_lookup_elem(fd, &zero, value))
		error = -errno;
	else
		memcpy(about, value, sizeof(*about));
	free(value);
	close(fd);
	if (!error && (about->magic != RS_ABOUT_MAGIC || about->abi != RS_ABI_VERSION ||
		       info.value_size != sizeof(*about) || about->slot_size != slot_size_of(dir) ||
		       about->cpus == 0 || about->slots == 0 || (about->slots & (about->slots - 1))))
		error = -EPROTO;
	about->if_name[sizeof(about->if_name) - 1] = '\0';
	about->program[sizeof(about->program) - 1] = '\0';
	about->missing[sizeof(about->missing) - 1] = '\0';
	about->version[sizeof(about->version) - 1] = '\0';
	return error;
}

int open_ring(const char *root, const char *dir, const struct rs_about *about, struct ring_map *map)
{
	struct bpf_map_info info;
	int error;

	*map = (struct ring_map){ .bell = -1 };
	/* Only a descriptor opened read-write can be mapped, although the map is
	 * frozen and the mapping read-only.
	 */
	int fd = open_pin(root, dir, RS_PIN_RING, 0);
	if (fd < 0)
		return fd;
	error = map_info(fd, &info);
	if (!error && (info.value_size != about->slot_size ||
		       info.max_entries != (__u64)about->cpus * (1 + (__u64)about->slots)))
		error = -EPROTO;
	if (!error) {
		map->id = info.id;
		map->bytes = (size_t)info.max_entries * about->slot_size;
		map->memory = mmap(NULL, map->bytes, PROT_READ, MAP_SHARED, fd, 0);
		if (map->memory == MAP_FAILED) {
			map->memory = NULL;
			error = -errno;
		}
	}
	close(fd); /* the mapping holds the map */
	if (!error) {
		map->bell = open_pin(root, dir, RS_PIN_BELL, BPF_F_RDONLY);
		if (map->bell < 0)
			error = map->bell;
	}
	if (error)
		close_ring(map);
	return error;
}

int open_ring_id(const char *root, const char *dir, __u32 *id)
{
	struct bpf_map_info info;
	int fd = open_pin(root, dir, RS_PIN_RING, 0), error;

	if (fd < 0)
		return fd;
	error = map_info(fd, &info);
	*id = info.id;
	close(fd);
	return error;
}

void close_ring(struct ring_map *map)
{
	if (map->memory)
		munmap(map->memory, map->bytes);
	if (map->bell >= 0)
		close(map->bell);
	*map = (struct ring_map){ .bell = -1 };
}

int open_processes(const char *root, struct process_map *map)
{
	struct bpf_map_info info;
	int error;

	*map = (struct process_map){ .fd = open_pin(root, RS_SOURCE_FLOWS, RS_PIN_PROCESSES, BPF_F_RDONLY) };
	if (map->fd < 0) {
		error = map->fd;
		map->fd = -1;
		return error;
	}
	error = map_info(map->fd, &info);
	if (!error && (info.key_size != sizeof(__u64) || info.value_size < sizeof(struct rs_process)))
		error = -EPROTO;
	if (!error) {
		map->value = malloc(info.value_size);
		error = map->value ? 0 : -ENOMEM;
	}
	if (error)
		close_processes(map);
	return error;
}

const struct rs_process *look_up_process(const struct process_map *map, __u64 key)
{
	return map->fd >= 0 && !bpf_map_lookup_elem(map->fd, &key, map->value) ? map->value : NULL;
}

void close_processes(struct process_map *map)
{
	if (map->fd >= 0)
		close(map->fd);
	free(map->value);
	*map = (struct process_map){ .fd = -1 };
}
