/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* socket_line.h - a line of the pins tcp and udp, taken apart as far as the options ask for it. */
#ifndef RINGSIDE_SOCKET_LINE_H
#define RINGSIDE_SOCKET_LINE_H

#include "ringside.h"

/* Bytes of a line at most; bpf/netstat.bpf.h makes shorter ones, whatever is in them. */
#define SOCKET_LINE_MAX 2048

struct socket_line {
	struct rs_flow flow;	 /* ends, protocol, if_name, direction; of its process what the line has */
	uint64_t process_key;	 /* rs_process_key(); 0: no owner */
};

/* Without its newline. 0, or -EPROTO: it is none. */
int socket_line_parse(const char *line, size_t length, struct socket_line *s);

#endif
