/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* builtin.S - the compiled bpf/icmp.bpf.c, one CO-RE object for every kernel, inside the loader. */
	.section .rodata
	.balign 16
	.global builtin_object, builtin_object_end
builtin_object:
	.incbin BUILTIN_OBJECT
builtin_object_end:
	.section .note.GNU-stack, "", %progbits
