// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "abi.h"
#include "loader.h"
#include "object.h"

extern const char builtin_icmp[], builtin_icmp_end[], builtin_flows[], builtin_flows_end[];

struct image builtin_icmp_image(void)
{
	return (struct image){ builtin_icmp, (size_t)(builtin_icmp_end - builtin_icmp), "built-in" };
}

struct image builtin_flows_image(void)
{
	return (struct image){ builtin_flows, (size_t)(builtin_flows_end - builtin_flows), "built-in" };
}

static struct bpf_map *map_of(const struct object *object, const struct image *image, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object->bpf, name);

	if (!map) {
		warnx("load %s: it has no map named %s", image->name, name);
		hint("a program of your own includes ring.bpf.h or record.bpf.h, which bring it");
	}
	return map;
}

static bool stores_are_ordered(void)
{
	struct utsname name;

	return uname(&name) == 0 && !strcmp(name.machine, "x86_64");
}

/* There bottom halves may be off in two tasks of one CPU (kernel 6.18). */
static bool is_preempt_rt(void)
{
	struct utsname name;

	return uname(&name) != 0 || strstr(name.version, "PREEMPT_RT");
}

static int share(const struct object *object, const char *name, int fd)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object->bpf, name);

	if (!map) /* a program of the user's may have none */
		return 0;
	return fd >= 0 ? bpf_map__reuse_fd(map, fd) : bpf_map__set_max_entries(map, 1);
}

static int configure(struct object *object, const struct image *image, const struct object_config *config)
{
	const struct {
		__u32 cpus, slots, l2_len, ordered, interrupted, netns; /* struct rs_config of ring.bpf.h */
	} rodata = { config->cpus, config->slots, config->l2_len, stores_are_ordered(), is_preempt_rt(), config->netns };
	struct bpf_map *ring = map_of(object, image, "ring");
	struct bpf_map *counters = map_of(object, image, "counters");
	struct bpf_map *bell = map_of(object, image, "bell");
	struct bpf_map *constants = map_of(object, image, ".rodata.ringside");
	int error;

	if (!ring || !counters || !bell || !constants)
		return -1;
	if (bpf_map__value_size(ring) != config->record_size ||
	    bpf_map__value_size(counters) != sizeof(struct rs_counters) ||
	    bpf_map__value_size(constants) != sizeof(rodata)) {
		warnx("load %s: it was made with another abi.h than this loader (version %d)",
		      image->name, RS_ABI_VERSION);
		return -1;
	}
	error = bpf_map__set_max_entries(ring, config->cpus * (1 + config->slots));
	error = error ?: bpf_map__set_max_entries(counters, config->cpus);
	error = error ?: bpf_map__set_initial_value(constants, &rodata, sizeof(rodata));
	if (!error && config->ring >= 0) {
		error = bpf_map__reuse_fd(ring, config->ring);
		error = error ?: bpf_map__reuse_fd(counters, config->counters);
		error = error ?: bpf_map__reuse_fd(bell, config->bell);
	}
	/* an interface that nobody shares these with does not look into them */
	if (!error && config->record_size == RS_SLOT_SIZE)
		error = share(object, "echoes", config->netns ? config->echoes : -1) ?:
			share(object, "echo_senders", config->netns ? config->echo_senders : -1);
	if (error) {
		errno = -error;
		warn("load %s: set its maps up", image->name);
	}
	return error;
}

int object_interface_programs(const struct object *object, const struct image *image, int *xdp, int *tc)
{
	struct bpf_program *program;

	*xdp = *tc = -1;
	bpf_object__for_each_program(program, object->bpf) {
		enum bpf_prog_type type = bpf_program__type(program);
		int *fd = type == BPF_PROG_TYPE_XDP ? xdp : type == BPF_PROG_TYPE_SCHED_CLS ? tc : NULL;

		if (!fd || *fd >= 0) {
			warnx("load %s: %s: only one SEC(\"xdp.frags\") and one SEC(\"tc\") program have a place here",
			      image->name, bpf_program__name(program));
			return -1;
		}
		*fd = bpf_program__fd(program);
	}
	if (*xdp < 0) {
		warnx("load %s: it has no SEC(\"xdp.frags\") program", image->name);
		return -1;
	}
	return 0;
}

/* What is in it was read; from here on nobody writes but the programs. */
static int freeze(int fd, const char *name)
{
	if (bpf_map_freeze(fd)) {
		warn("freeze map %s", name);
		return -1;
	}
	return 0;
}

int object_open(struct object *object, const struct image *image, const struct object_config *config)
{
	DECLARE_LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "ringside");

	*object = (struct object){ .ring = -1, .counters = -1, .bell = -1 };
	object->bpf = bpf_object__open_mem(image->bytes, image->size, &opts);
	if (!object->bpf) {
		warn("open %s", image->name);
		return -1;
	}
	if (configure(object, image, config)) {
		object_free(object);
		return -1;
	}
	return 0;
}

int object_load(struct object *object, const struct image *image, const struct object_config *config)
{
	int error = bpf_object__load(object->bpf);

	if (error) {
		errno = -error;
		warn("load %s into the kernel", image->name);
		hint(error == -EPERM ? "it needs root (CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON); ringside-loader check says more"
				     : "-v shows the verifier's log; ringside-loader check says what this kernel lacks");
		goto failed;
	}
	object->ring = bpf_map__fd(bpf_object__find_map_by_name(object->bpf, "ring"));
	object->counters = bpf_map__fd(bpf_object__find_map_by_name(object->bpf, "counters"));
	object->bell = bpf_map__fd(bpf_object__find_map_by_name(object->bpf, "bell"));
	if (config->ring < 0 && (freeze(object->ring, "ring") || freeze(object->counters, "counters")))
		goto failed;
	return 0;
failed:
	object_free(object);
	return -1;
}

void object_free(struct object *object)
{
	bpf_object__close(object->bpf);
	object->bpf = NULL;
}
