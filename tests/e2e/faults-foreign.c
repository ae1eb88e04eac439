// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * faults-foreign.c - somebody else's XDP program.
 *
 *	faults-foreign link|netlink|generic IFINDEX
 *
 * Prints the program's id. By netlink it stays; a link is held until this is killed.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 2 /* XDP_PASS */ },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	int program, ifindex, error;

	if (argc != 3)
		return 2;
	ifindex = atoi(argv[2]);
	program = bpf_prog_load(BPF_PROG_TYPE_XDP, "foreign", "GPL", pass, 2, NULL);
	if (program < 0 || bpf_obj_get_info_by_fd(program, &info, &size))
		return 1;
	if (!strcmp(argv[1], "link"))
		error = bpf_link_create(program, ifindex, BPF_XDP, NULL) < 0;
	else
		error = bpf_xdp_attach(ifindex, program, !strcmp(argv[1], "generic") ? XDP_FLAGS_SKB_MODE : 0, NULL);
	if (error)
		return 1;
	printf("%u\n", info.id);
	fflush(stdout);
	if (!strcmp(argv[1], "link"))
		pause();
	return 0;
}
