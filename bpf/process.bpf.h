/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * process.bpf.h - which process is running, and all about it.
 *
 * What is known of a process is kept in the map processes: made once, when the
 * process first has to do with a socket, and again when it has another parent or
 * cgroup; after exec it is another entry. So it can be told when the process is gone.
 */
#ifndef RINGSIDE_PROCESS_BPF_H
#define RINGSIDE_PROCESS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "abi.h"

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h */

/* What a process looked like when its names were read, and room behind the last
 * name for one that is too long.
 */
struct rs_known {
	struct rs_process process;
	char spill[RS_PATH_SIZE];
	__u64 mm, parent, parent_mm, cgroups;
	__u64 whole; /* names are all there */
};

#define RS_PROCESSES 4096

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u64); /* rs_process_key() */
	__type(value, struct rs_known);
	__uint(max_entries, RS_PROCESSES);
} processes SEC(".maps");

/* ------------------------------------------------------------------ context */

#define RS_STACK_SIZE 0x4000 /* THREAD_SIZE of x86-64 and arm64 */

/* Whether this runs on the stack of the running task. What interrupts it there does
 * not: a softirq has a stack of its own (CONFIG_SOFTIRQ_ON_OWN_STACK). CONTEXT is the
 * program's: it lies on the stack.
 */
static __always_inline bool rs_on_task_stack(void *context)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 at = (__u64)context;

	/* The difference of two pointers is a number to the verifier, which may be compared with any other. */
	asm volatile("%0 -= %1" : "+r"(at) : "r"(task));
	return at + bpf_get_current_task() - (__u64)task->stack < RS_STACK_SIZE;
}

/* ------------------------------------------------------------------ names */

struct rs_walk {
	__u64 key;
	__u64 at;    /* dentry or kernfs node */
	__u64 mount; /* of a dentry */
	__u32 to;    /* offset in the known process of the name that is written */
	__u32 used;  /* bytes of it */
	__u32 cut;
};

/* Appends a part of a path. Returns false when there is no room for more. */
static __always_inline bool rs_put_part(struct rs_walk *w, struct rs_known *k, const void *name)
{
	__u32 used = w->used, to = w->to;
	long length;

	if (used >= RS_PATH_SIZE || to > __builtin_offsetof(struct rs_process, cgroup)) {
		w->cut = 1;
		return false;
	}
	to += used;
	/* at most the end of the last name plus the spill */
	if (to > sizeof(struct rs_process))
		return false;
	length = bpf_probe_read_kernel_str((char *)k + to, RS_PATH_SIZE, name);
	if (length < 2) /* its NUL alone: nothing, or the root's name */
		return false;
	w->used = used + (__u32)length;
	if (w->used >= RS_PATH_SIZE) /* without room for the empty part that ends it */
		w->cut = 1;
	return !w->cut;
}

static long rs_walk_files(__u32 i, void *context)
{
	struct rs_walk *w = context;
	struct rs_known *k = bpf_map_lookup_elem(&processes, &w->key);
	struct mount *mount = (void *)w->mount, *above;
	struct dentry *dentry = (void *)w->at, *parent;

	if (!k)
		return 1;
	parent = BPF_CORE_READ(dentry, d_parent);
	if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
		above = BPF_CORE_READ(mount, mnt_parent);
		if (above == mount)
			return 1;
		w->at = (__u64)BPF_CORE_READ(mount, mnt_mountpoint);
		w->mount = (__u64)above;
		return 0;
	}
	if (!rs_put_part(w, k, BPF_CORE_READ(dentry, d_name.name)) || dentry == parent)
		return 1; /* full; or a file that is nowhere (memfd) */
	w->at = (__u64)parent;
	return 0;
}

static long rs_walk_cgroups(__u32 i, void *context)
{
	struct rs_walk *w = context;
	struct rs_known *k = bpf_map_lookup_elem(&processes, &w->key);
	struct kernfs_node *node = (void *)w->at;
	struct kernfs_node___6_1 *older = (void *)node;
	struct kernfs_node___6_15 *newer = (void *)node;

	if (!k || !node || !rs_put_part(w, k, BPF_CORE_READ(node, name)))
		return 1;
	w->at = bpf_core_field_exists(older->parent) ? (__u64)BPF_CORE_READ(older, parent) :
						       (__u64)BPF_CORE_READ(newer, __parent);
	return 0;
}

#define RS_PARTS_MOST 64

static __always_inline __u8 rs_put_file(struct rs_walk *w, __u32 to, struct mm_struct *mm)
{
	struct file *file = BPF_CORE_READ(mm, exe_file);
	struct vfsmount *mnt;

	w->to = to;
	w->used = w->cut = 0;
	if (!file)
		return 0;
	mnt = BPF_CORE_READ(file, f_path.mnt);
	w->at = (__u64)BPF_CORE_READ(file, f_path.dentry);
	w->mount = (__u64)mnt - bpf_core_field_offset(struct mount, mnt);
	bpf_loop(RS_PARTS_MOST, rs_walk_files, w, 0);
	return w->cut;
}

enum cgroup_subsys_id___some { memory_cgrp_id___some };

static __always_inline __u8 rs_put_cgroup(struct rs_walk *w, struct rs_known *k, struct css_set *cgroups)
{
	struct cgroup *cgroup = BPF_CORE_READ(cgroups, dfl_cgrp);
	struct kernfs_node *node;

	if (bpf_core_enum_value_exists(enum cgroup_subsys_id___some, memory_cgrp_id___some)) {
		__u32 id = bpf_core_enum_value(enum cgroup_subsys_id___some, memory_cgrp_id___some);
		struct cgroup_subsys_state *css = 0;
		struct cgroup *v1;

		bpf_probe_read_kernel(&css, sizeof(css),
				      (void *)cgroups + bpf_core_field_offset(struct css_set, subsys) + id * sizeof(css));
		v1 = BPF_CORE_READ(css, cgroup);
		/* of another hierarchy, and not its root: there the containers of cgroup v1 are */
		if (v1 && BPF_CORE_READ(v1, root) != BPF_CORE_READ(cgroup, root) && BPF_CORE_READ(v1, kn, id) != 1)
			cgroup = v1;
	}
	node = BPF_CORE_READ(cgroup, kn);
	k->process.cgroup_id = BPF_CORE_READ(node, id);
	w->to = __builtin_offsetof(struct rs_process, cgroup);
	w->used = w->cut = 0;
	w->at = (__u64)node;
	bpf_loop(RS_PARTS_MOST, rs_walk_cgroups, w, 0);
	return w->cut;
}

/* ------------------------------------------------------------------ the process */

static const struct rs_known rs_nobody; /* a new process before its names are read */

/* The key of the running process; 0: it is the kernel's. */
static __always_inline __u64 rs_current_key(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 pid = bpf_get_current_pid_tgid() >> 32;

	if (!pid || (task->flags & PF_KTHREAD))
		return 0;
	/* after exec it is another program */
	return rs_process_key(pid, (__u32)(task->group_leader->start_boottime >> 20) +
					   (__u32)task->self_exec_id * 0x9e3779b1U);
}

static __noinline void rs_read_names(__u64 key, struct task_struct *task)
{
	struct rs_known *k = bpf_map_lookup_elem(&processes, &key);
	struct task_struct *parent = BPF_CORE_READ(task, group_leader, real_parent);
	__u8 exe_cut, parent_cut, cgroup_cut;
	struct rs_walk w = { .key = key };
	struct rs_process *p;

	if (!k)
		return;
	p = &k->process;
	__builtin_memset(p->exe, 0, sizeof(p->exe));
	__builtin_memset(p->parent_exe, 0, sizeof(p->parent_exe));
	__builtin_memset(p->cgroup, 0, sizeof(p->cgroup));
	p->pid = key >> 32;
	p->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	p->ppid = BPF_CORE_READ(parent, tgid);
	BPF_CORE_READ_INTO(&p->parent_comm, parent, comm);
	/* in this order: what is too long of one goes where the next will be */
	exe_cut = rs_put_file(&w, __builtin_offsetof(struct rs_process, exe), BPF_CORE_READ(task, mm));
	__builtin_memset(p->parent_exe, 0, sizeof(p->parent_exe));
	parent_cut = rs_put_file(&w, __builtin_offsetof(struct rs_process, parent_exe), BPF_CORE_READ(parent, mm));
	__builtin_memset(p->cgroup, 0, sizeof(p->cgroup));
	cgroup_cut = rs_put_cgroup(&w, k, BPF_CORE_READ(task, cgroups));
	p->exe_cut = exe_cut;
	p->parent_exe_cut = parent_cut;
	p->cgroup_cut = cgroup_cut;
	p->parent_uid = BPF_CORE_READ(parent, real_cred, uid.val);
	p->parent_gid = BPF_CORE_READ(parent, real_cred, gid.val);
	k->mm = (__u64)BPF_CORE_READ(task, mm);
	k->parent = (__u64)parent;
	k->parent_mm = (__u64)BPF_CORE_READ(parent, mm);
	k->cgroups = (__u64)BPF_CORE_READ(task, cgroups);
	k->whole = 1;
}

/* Notes all about the running process. Returns its key, 0 if it is the kernel's or
 * there is no room.
 */
static __noinline __u64 rs_remember(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_struct *parent = task->group_leader->real_parent;
	__u64 key = rs_current_key(), ids = bpf_get_current_uid_gid();
	rs_word comm[2], *old_comm;
	struct rs_process *p;
	struct rs_known *k;

	if (!key)
		return 0;
	k = bpf_map_lookup_elem(&processes, &key);
	if (!k) {
		bpf_map_update_elem(&processes, &key, &rs_nobody, BPF_NOEXIST);
		k = bpf_map_lookup_elem(&processes, &key);
		if (!k)
			return 0;
	}
	if (!k->whole || k->mm != (__u64)task->mm || k->parent != (__u64)parent ||
	    k->parent_mm != (__u64)parent->mm || k->cgroups != (__u64)task->cgroups)
		rs_read_names(key, task);
	/* These change without notice. Where nothing did, nothing is written: other CPUs have this in their caches. */
	p = &k->process;
	if (*(rs_word *)&p->uid != ids)
		*(rs_word *)&p->uid = ids; /* and gid */
	if (p->min_faults != task->min_flt)
		p->min_faults = task->min_flt;
	if (p->maj_faults != task->maj_flt)
		p->maj_faults = task->maj_flt;
	__builtin_memcpy(comm, task->group_leader->comm, sizeof(comm));
	old_comm = (void *)p->comm;
	if (old_comm[0] != comm[0] || old_comm[1] != comm[1])
		__builtin_memcpy(p->comm, comm, sizeof(comm));
	return key;
}

#endif
