/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* echo_sender.bpf.h - noting which process uses a raw or ping socket. */
#ifndef RINGSIDE_ECHO_SENDER_BPF_H
#define RINGSIDE_ECHO_SENDER_BPF_H

#include "echo.bpf.h"
#include "process.bpf.h"

static __always_inline int rs_echo_use(const bool typed, struct sock *sk)
{
	__u64 key = (__u64)sk, process = rs_current_key();
	struct rs_echo_sender *known = bpf_map_lookup_elem(&echo_senders, &key), new = {};

	new.ino = rs_socket_ino(typed, sk);
	if (known && known->process == process && known->ino == new.ino)
		return 0;
	new.process = process ? rs_remember() : 0;
	bpf_map_update_elem(&echo_senders, &key, &new, BPF_ANY);
	return 0;
}

static __noinline int rs_echo_used(struct sock *sk)
{
	return rs_echo_use(false, sk);
}

static __noinline int rs_echo_used_typed(struct sock *sk)
{
	return rs_echo_use(true, sk);
}

#endif
