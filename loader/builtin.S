/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* builtin.S - the compiled programs, CO-RE objects for every kernel, inside the loader. */
	.section .rodata
	.balign 16
	.global builtin_icmp, builtin_icmp_end, builtin_flows, builtin_flows_end
builtin_icmp:
	.incbin BUILTIN_ICMP
builtin_icmp_end:
	.balign 16
builtin_flows:
	.incbin BUILTIN_FLOWS
builtin_flows_end:
	.section .note.GNU-stack, "", %progbits
