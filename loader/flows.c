// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flows.h"

#define STATE RS_DIR_ROOT "/" RS_DIR_STATE
#define GATE "gate"

/* The same object has the same sum (FNV-1a). */
static __u64 build_of(const struct image *image)
{
	__u64 sum = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < image->size; i++)
		sum = (sum ^ ((const unsigned char *)image->bytes)[i]) * 0x100000001b3ULL;
	return sum;
}

static int open_state(const struct pin_root *root, const char *where, const char *name)
{
	char path[PIN_PATH_MAX];

	pin_path(path, root, where, RS_SOURCE_FLOWS, name);
	return bpf_obj_get(path);
}

/* ------------------------------------------------------------------ what is loaded */

static int find_old(struct flows *f, const struct pin_root *root)
{
	int error = source_open(&f->old, root, RS_SOURCE_FLOWS);

	f->has_old = error != -ENOENT;
	if (error && error != -ENOENT && error != -EPROTO) {
		errno = -error;
		warn("open what is loaded as flows");
		hint("ringside-loader unload flows removes it");
		return -1;
	}
	f->knows = error == 0;
	f->keeps = f->knows && f->old.ring >= 0 && f->old.bell >= 0;
	return 0;
}

static bool is_attached(const struct pin_root *root)
{
	unsigned int hooks;
	__u64 missed;

	return !flows_missed(root, &missed, &hooks) && hooks;
}

/* Whether a file is there, or could not be made when the rest was. */
static bool has_file(const struct flows *f, const struct pin_root *root, const char *name)
{
	char path[PIN_PATH_MAX], without[64];

	snprintf(without, sizeof(without), HOOK_WITHOUT_FILE "%s", name);
	pin_path(path, root, NULL, RS_SOURCE_FLOWS, name);
	return !access(path, F_OK) || strstr(f->old.about.missing, without);
}

static bool is_same(const struct flows *f, const struct options *o, const struct readers *readers, __u64 build)
{
	const struct rs_about *old = &f->old.about;

	return f->keeps && old->build == build && !o->hooks_given &&
	       (o->flow_interval < 0 || old->flow_interval_ns == (__u64)(o->flow_interval * 1e9)) &&
	       (!readers->given || (readers->mode == f->old.mode && readers->gid == f->old.gid));
}

/* ------------------------------------------------------------------ maps that go on */

static bool is_own(const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);

	return !bpf_map__is_internal(map) && strcmp(name, "ring") && strcmp(name, "counters") && strcmp(name, "bell");
}

static bool fits(const struct bpf_map *map, int fd)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &size) && info.type == bpf_map__type(map) &&
	       info.key_size == bpf_map__key_size(map) && info.value_size == bpf_map__value_size(map) &&
	       info.max_entries == bpf_map__max_entries(map);
}

/* Connections and processes are known on, where the new programs know them in the same way. */
static void reuse_state(struct flows *f, const struct pin_root *root)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, f->object.bpf) {
		char name[PIN_PATH_MAX];
		int fd;

		if (!is_own(map))
			continue;
		snprintf(name, sizeof(name), "%s%s", strcmp(bpf_map__name(map), RS_PIN_PROCESSES) ? STATE "/" : "",
			 bpf_map__name(map));
		fd = open_state(root, NULL, name);
		if (fd >= 0 && fits(map, fd))
			bpf_map__reuse_fd(map, fd);
		if (fd >= 0)
			close(fd);
	}
}

/* ------------------------------------------------------------------ prepare */

static int configure(struct flows *f)
{
	const struct {
		__u64 interval_ns; /* struct rs_flow_config of tell.bpf.h */
		__u32 generation;
		__u16 accept_by_use, kprobe_states;
	} rodata = { f->new.about.flow_interval_ns, f->new.about.generation, f->hooks.accept_by_use,
		     hooks_has(&f->hooks, "k_tcp_set_state") };
	struct bpf_map *constants = bpf_object__find_map_by_name(f->object.bpf, ".rodata.flows");

	if (!constants || bpf_map__value_size(constants) != sizeof(rodata) ||
	    bpf_map__set_initial_value(constants, &rodata, sizeof(rodata))) {
		warnx("load flows: the object was made with another tell.bpf.h than this loader");
		return -1;
	}
	return 0;
}

/* Memory is taken when a map is made, so those that no chosen program uses are small. */
static void shrink_unused(const struct flows *f)
{
	static const struct { const char *map, *program; } uses[] = {
		{ "udp_owners", "t_net_dev_queue" }, { "udp_calls", "t_net_dev_queue" }, { "calls", "k_tcp_v4_connect" },
	};

	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
		if (!hooks_has(&f->hooks, uses[i].program))
			bpf_map__set_max_entries(bpf_object__find_map_by_name(f->object.bpf, uses[i].map), 1);
	if (!f->new.about.flow_interval_ns)
		bpf_map__set_max_entries(bpf_object__find_map_by_name(f->object.bpf, "live"), 1);
}

/* As they were chosen before, unless an option says otherwise. */
static enum hooks_wanted wanted_hooks(const struct flows *f, const struct options *o)
{
	if (o->hooks_given || !f->knows)
		return o->hooks;
	switch (f->old.about.hooks) {
	case RS_HOOK_KPROBES: return HOOKS_KPROBES;
	case RS_HOOK_TRACEPOINTS: return HOOKS_TRACEPOINTS;
	default: return HOOKS_AUTO;
	}
}

/* A value for each CPU: see open_each_gate(). */
static int divide_gate(struct flows *f)
{
	struct bpf_map *gate = bpf_object__find_map_by_name(f->object.bpf, GATE);

	if (gate && !bpf_map__set_type(gate, BPF_MAP_TYPE_PERCPU_ARRAY))
		return 0;
	warnx("load flows: the object was made with another tell.bpf.h than this loader");
	return -1;
}

/* Hooks that turn out not to work are left out, and it is tried again without. */
static int load_and_attach(struct flows *f, const struct pin_root *root, const struct image *image,
			   const struct object_config *config)
{
	for (;;) {
		if (object_open(&f->object, image, config))
			return -1;
		hooks_choose(&f->hooks, f->object.bpf);
		if (configure(f) || divide_gate(f))
			return -1;
		shrink_unused(f);
		if (f->knows)
			reuse_state(f, root);
		if (object_load(&f->object, image, config))
			return -1;
		if (hooks_attach(&f->hooks, f->object.bpf) == 0)
			return 0;
		object_free(&f->object);
	}
}

static int map_copy(const struct flows *f, const char *name)
{
	return dup(bpf_map__fd(bpf_object__find_map_by_name(f->object.bpf, name)));
}

int flows_prepare(struct flows *f, const struct pin_root *root, const struct options *o,
		  const struct readers *readers, const struct image *image)
{
	int cpus = libbpf_num_possible_cpus();
	struct object_config config = { .cpus = (unsigned int)cpus, .record_size = RS_FLOW_SLOT_SIZE, .ring = -1,
					.echoes = -1, .echo_senders = -1 };
	struct source *s = &f->new;
	__u64 build = build_of(image);

	f->gate = -1;
	source_init(s, RS_SOURCE_FLOWS);
	if (find_old(f, root))
		return -1;
	config.slots = slots_of(o, cpus, RS_FLOW_SLOT_SIZE);
	f->keeps = f->keeps && f->old.about.cpus == config.cpus &&
		   (!o->ring_size || f->old.about.slots == config.slots);
	f->same = is_same(f, o, readers, build) && is_attached(root) && has_file(f, root, RS_PIN_TCP) &&
		  has_file(f, root, RS_PIN_UDP);
	if (f->same)
		return 0;
	if (f->keeps) {
		config.slots = f->old.about.slots;
		config.ring = f->old.ring;
		config.counters = f->old.counters;
		config.bell = f->old.bell;
	}
	describe(s, image, RS_FLOW_SLOT_SIZE);
	s->about.cpus = config.cpus;
	s->about.slots = config.slots;
	s->about.build = build;
	s->about.generation = f->old.about.generation + 1;
	s->about.flow_interval_ns = o->flow_interval >= 0 ? (__u64)(o->flow_interval * 1e9) :
							    f->old.about.flow_interval_ns;
	set_readers(s, f->has_old ? &f->old : NULL, readers);
	if (refuse_programs_of_readers(s))
		return -EACCES; /* -1 is -EPERM */
	if (hooks_init(&f->hooks, wanted_hooks(f, o)))
		return -1;
	if (load_and_attach(f, root, image, &config))
		return -1;

	s->about.hooks = hooks_used(&f->hooks);
	if (!s->about.hooks) {
		hooks_say_none(&f->hooks);
		return -1;
	}
	memcpy(s->about.missing, f->hooks.missing, sizeof(s->about.missing));
	s->ring = map_copy(f, "ring");
	s->bell = map_copy(f, "bell");
	s->counters = map_copy(f, "counters");
	s->processes = map_copy(f, RS_PIN_PROCESSES);
	f->gate = map_copy(f, GATE);
	/* frozen already where it goes on */
	if (bpf_map_freeze(s->processes) && errno != EPERM && errno != EBUSY) {
		warn("freeze map " RS_PIN_PROCESSES);
		return -1;
	}
	return 0;
}

int flows_map(const struct flows *f, const struct pin_root *root, const char *name)
{
	char path[PIN_PATH_MAX];

	snprintf(path, sizeof(path), STATE "/%s", name);
	return f && !f->same ? map_copy(f, name) : open_state(root, NULL, path);
}

/* ------------------------------------------------------------------ stage, swap */

int flows_stage(struct flows *f, const struct pin_root *root)
{
	const struct source *s = &f->new;
	char name[PIN_PATH_MAX];
	struct bpf_map *map;

	if (source_stage(&f->new, root) || source_stage_dir(s, root, STATE, RS_DIR_ROOT_MODE, 0))
		return -1;
	bpf_object__for_each_map(map, f->object.bpf) {
		snprintf(name, sizeof(name), STATE "/%s", bpf_map__name(map));
		if (is_own(map) && strcmp(bpf_map__name(map), RS_PIN_PROCESSES) &&
		    source_stage_pin(s, root, name, bpf_map__fd(map), RS_PIN_ROOT_ONLY_MODE, 0))
			return -1;
	}
	for (size_t i = 0; i < f->hooks.count; i++) {
		const char *program = f->hooks.links[i].program, *file = hook_file(program);

		snprintf(name, sizeof(name), "%s%s", file ? "" : RS_DIR_ROOT "/", file ?: program);
		if (source_stage_pin(s, root, name, f->hooks.links[i].fd,
				     file ? RS_MODE_READONLY(s->mode) : RS_PIN_ROOT_ONLY_MODE, file ? s->gid : 0))
			return -1;
	}
	return source_pin_links(s, root);
}

/* A program that lets a generation work on the CPU that it runs on. */
static int load_gate(int gate, __u32 generation)
{
	DECLARE_LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_SLEEPABLE);
	const struct bpf_insn program[] = {
		{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = BPF_REG_10, .off = -4, .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_2, .imm = -4 },
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = gate },
		{},
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = BPF_REG_0, .off = 1, .imm = 0 },
		{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = BPF_REG_0, .imm = (__s32)generation },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_SYSCALL, "gate", "GPL", program, sizeof(program) / sizeof(program[0]), &opts);
}

/*
 * Each CPU by itself, while it is in a system call of ours: then it is not between two
 * programs of one event, so each event is the old one's or the new one's. Written for
 * all at once, one of 60 exchanges under 8000 connections a second told something twice
 * (kernel 6.18).
 */
static void open_each_gate(int gate, __u32 generation, int cpus)
{
	int program = load_gate(gate, generation);
	cpu_set_t before, one;

	if (program < 0 || sched_getaffinity(0, sizeof(before), &before))
		return;
	for (int cpu = 0; cpu < cpus && cpu < CPU_SETSIZE; cpu++) {
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (!sched_setaffinity(0, sizeof(one), &one))
			bpf_prog_test_run_opts(program, NULL);
	}
	sched_setaffinity(0, sizeof(before), &before);
	close(program);
}

static int open_gate(int gate, __u32 generation)
{
	int cpus = libbpf_num_possible_cpus(), error;
	__u64 *all = calloc((size_t)cpus, sizeof(*all)); /* an element is rounded up to 8 bytes */
	__u32 zero = 0;

	if (!all)
		return -1;
	for (int cpu = 0; cpu < cpus; cpu++)
		*(__u32 *)&all[cpu] = generation;
	open_each_gate(gate, generation, cpus);
	/* and those that are offline */
	error = bpf_map_update_elem(gate, &zero, all, BPF_ANY);
	free(all);
	return error;
}

int flows_swap(struct flows *f)
{
	if (open_gate(f->gate, f->new.about.generation)) {
		warn("start the programs of flows");
		return -1;
	}
	return 0;
}

void flows_undo(const struct pin_root *root)
{
	struct source published;
	int gate = open_state(root, NULL, STATE "/" GATE);

	if (!source_open(&published, root, RS_SOURCE_FLOWS) && gate >= 0)
		open_gate(gate, published.about.generation);
	source_close(&published);
	if (gate >= 0)
		close(gate);
}

void flows_free(struct flows *f)
{
	hooks_free(&f->hooks);
	object_free(&f->object);
	source_close(&f->new);
	source_close(&f->old);
	if (f->gate >= 0)
		close(f->gate);
}

/* ------------------------------------------------------------------ missed */

/* struct bpf_link_info of kernel 6.7, as far as a kprobe's count; Debian 12 has the header of 6.1. */
struct probe_info {
	__u32 type, id, prog_id, pad;
	__u32 event, pad2;
	__u64 name;
	__u32 name_length, offset;
	__u64 address;
	__u64 missed;
};
#define EVENT_KPROBE 3	  /* BPF_PERF_EVENT_KPROBE */
#define EVENT_KRETPROBE 4 /* BPF_PERF_EVENT_KRETPROBE */

static __u64 missed_by(int link)
{
	struct bpf_prog_info program = {};
	struct probe_info probe = {};
	__u32 size = sizeof(probe);
	__u64 missed = 0;
	int fd;

	if (bpf_obj_get_info_by_fd(link, (void *)&probe, &size))
		return 0;
	if (probe.type == BPF_LINK_TYPE_PERF_EVENT && size >= sizeof(probe) &&
	    (probe.event == EVENT_KPROBE || probe.event == EVENT_KRETPROBE))
		missed = probe.missed;
	fd = bpf_prog_get_fd_by_id(probe.prog_id);
	size = sizeof(program);
	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &program, &size))
		missed += program.recursion_misses;
	if (fd >= 0)
		close(fd);
	return missed;
}

int flows_missed(const struct pin_root *root, __u64 *missed, unsigned int *hooks)
{
	char path[PIN_PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	*missed = *hooks = 0;
	pin_path(path, root, NULL, RS_SOURCE_FLOWS, RS_DIR_ROOT);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		char name[PIN_PATH_MAX];
		int link;

		snprintf(name, sizeof(name), RS_DIR_ROOT "/%.200s", entry->d_name);
		link = entry->d_name[0] == '.' || !strcmp(entry->d_name, RS_DIR_STATE) ? -1 :
											  open_state(root, NULL, name);
		if (link < 0)
			continue;
		*missed += missed_by(link);
		(*hooks)++;
		close(link);
	}
	closedir(dir);
	return 0;
}
