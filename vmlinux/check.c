// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * check.c - compares the types of vmlinux.h with those of the running kernel.
 *
 *	check OBJECT relocated:STRUCT... wire:STRUCT... enum:ENUM...
 *
 * OBJECT is vmlinux.h compiled with a variable of each type. A relocated
 * structure needs each member to be there with the same size; one that lies in
 * packets also the same layout; an enumeration the same values. Prints a line
 * for each difference. Exit status 0, 1 (differences), 77 (no BTF).
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int differences;

static void differ(const char *type, const char *member, const char *how)
{
	printf("%s%s%s: %s\n", type, *member ? "." : "", member, how);
	differences++;
}

static const struct btf_type *find(const struct btf *btf, const char *name, __u32 kind)
{
	int id = btf__find_by_name_kind(btf, name, kind);

	return id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;
}

/* A member by name, also inside anonymous structures and unions. */
static bool find_member(const struct btf *btf, const struct btf_type *t, const char *name, __u32 base,
			__u32 *bits, __s64 *size)
{
	for (__u32 i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		const char *found = btf__name_by_offset(btf, m->name_off);
		__u32 offset = base + btf_member_bit_offset(t, i), width = btf_member_bitfield_size(t, i);

		if (!*found) {
			int id = btf__resolve_type(btf, m->type);
			const struct btf_type *inner = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;
			if (inner && btf_is_composite(inner) && find_member(btf, inner, name, offset, bits, size))
				return true;
		} else if (!strcmp(found, name)) {
			*bits = offset;
			*size = width ? -(__s64)width : btf__resolve_size(btf, m->type);
			return true;
		}
	}
	return false;
}

/* Of a structure inside, and of an array of pointers, only a part may be named here. */
static bool is_partial(const struct btf *btf, const struct btf_type *t, __u32 member)
{
	int id = btf__resolve_type(btf, btf_members(t)[member].type);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

	if (type && btf_is_array(type)) {
		id = btf__resolve_type(btf, btf_array(type)->type);
		type = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;
		return type && btf_is_ptr(type);
	}
	return type && btf_is_composite(type);
}

static void check_struct(const struct btf *ours, const struct btf *kernel, const char *name, bool wire)
{
	const struct btf_type *a = find(ours, name, BTF_KIND_STRUCT), *b = find(kernel, name, BTF_KIND_STRUCT);
	__u32 at, there;
	__s64 size, size_there;

	if (!a)
		errx(1, "struct %s: the object does not have it", name);
	if (!b) {
		differ(name, "", "this kernel has no such structure");
		return;
	}
	if (wire && a->size != b->size)
		differ(name, "", "has another size in this kernel");
	for (__u32 i = 0; i < btf_vlen(a); i++) {
		const char *member = btf__name_by_offset(ours, btf_members(a)[i].name_off);

		find_member(ours, a, member, 0, &at, &size);
		if (!find_member(kernel, b, member, 0, &there, &size_there))
			/* the kernel's headers group some that ours name one by one */
			differ(name, member, "this kernel has no such member");
		else if (size != size_there && (wire || !is_partial(ours, a, i)))
			differ(name, member, "has another size in this kernel");
		else if (wire && at != there)
			differ(name, member, "lies elsewhere in this kernel");
	}
}

static void check_enum(const struct btf *ours, const struct btf *kernel, const char *name)
{
	const struct btf_type *a = find(ours, name, BTF_KIND_ENUM), *b = find(kernel, name, BTF_KIND_ENUM);

	if (!a || !b) {
		differ(name, "", "this kernel has no such enumeration");
		return;
	}
	for (__u32 i = 0; i < btf_vlen(a); i++) {
		const char *value = btf__name_by_offset(ours, btf_enum(a)[i].name_off);
		bool same = false;

		for (__u32 j = 0; j < btf_vlen(b); j++)
			if (!strcmp(value, btf__name_by_offset(kernel, btf_enum(b)[j].name_off)))
				same = btf_enum(a)[i].val == btf_enum(b)[j].val;
		if (!same)
			differ(name, value, "is missing, or has another value, in this kernel");
	}
}

int main(int argc, char **argv)
{
	struct btf *ours, *kernel;

	if (argc < 3)
		errx(2, "usage: check OBJECT relocated:STRUCT... wire:STRUCT... enum:ENUM...");
	ours = btf__parse(argv[1], NULL);
	if (!ours)
		err(1, "%s", argv[1]);
	kernel = btf__load_vmlinux_btf();
	if (!kernel) {
		puts("this kernel has no BTF");
		return 77;
	}
	for (int i = 2; i < argc; i++) {
		const char *name = strchr(argv[i], ':');
		if (!name)
			errx(2, "%s: not relocated:, wire: or enum:", argv[i]);
		if (*argv[i] == 'e')
			check_enum(ours, kernel, name + 1);
		else
			check_struct(ours, kernel, name + 1, *argv[i] == 'w');
	}
	printf("vmlinux.h: %d types, %d differences\n", argc - 2, differences);
	btf__free(ours);
	btf__free(kernel);
	return differences > 0;
}
