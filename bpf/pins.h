/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * pins.h - every pin, its mode, and who may do what with it.
 *
 *   /run/ringside/            0755 root   a bpffs of its own
 *     eth0/                   0750 GROUP  a source: appears whole, by rename
 *       ring                  0660 GROUP  read-write only to be mapped: frozen, so nobody writes
 *       bell                  0440 GROUP  opened BPF_F_RDONLY, polled
 *       counters              0440 GROUP  opened BPF_F_RDONLY
 *       about                 0440 GROUP  opened BPF_F_RDONLY
 *       root/                 0700 root   who opens a program may attach it, so:
 *         xdp, tc             0600 root   the programs
 *         xdp_link, tcx_link  0600 root   what keeps them attached
 *     flows/                  0750 GROUP  TCP and UDP of the whole host, with the same four pins and
 *       processes             0440 GROUP  opened BPF_F_RDONLY: frozen, so nobody writes
 *       tcp, udp              0440 GROUP  text, a line for each socket: links of iterators, which only who may
 *                                         write to the pin could open as links
 *       root/                 0700 root
 *         HOOK                0600 root   a link for each: k_tcp_v4_connect (kprobe), r_ (kretprobe),
 *                                         t_net_dev_queue (tracepoint), tick (timer)
 *         state/              0700 root   maps that go on when the programs are exchanged; gate says
 *                                         which programs work
 *     %stage/                 0700 root   sources that are not whole yet, or not any more
 *
 * Without a group the directory is 0700 and the pins are 0600 and 0400.
 * With -m 0666 they are 0755, 0666 and 0444.
 */
#ifndef RINGSIDE_PINS_H
#define RINGSIDE_PINS_H

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define RS_PIN_ROOT "/run/ringside"
#define RS_PIN_ROOT_ENV "RINGSIDE_PIN_ROOT"
#define RS_PIN_ROOT_MODE 0755

#define RS_PIN_RING "ring"
#define RS_PIN_BELL "bell"
#define RS_PIN_COUNTERS "counters"
#define RS_PIN_ABOUT "about"
#define RS_PIN_PROCESSES "processes"
#define RS_PIN_TCP "tcp"
#define RS_PIN_UDP "udp"

#define RS_DIR_ROOT "root"
#define RS_DIR_ROOT_MODE 0700
#define RS_PIN_ROOT_ONLY_MODE 0600
#define RS_PIN_XDP "xdp"
#define RS_PIN_TC "tc"
#define RS_PIN_XDP_LINK "xdp_link"
#define RS_PIN_TCX_LINK "tcx_link"

#define RS_DIR_STATE "state"

#define RS_DIR_STAGE "%stage"
#define RS_SOURCE_FLOWS "flows"

/* The ring's mode is what -m says; the others lose their write bits (bpffs
 * checks the mode against how a map is opened), a directory gains search.
 */
#define RS_MODE_DEFAULT 0660
#define RS_MODE_READONLY(mode) ((mode) & 0444)
#define RS_MODE_DIR(mode) (0700 | ((mode) & 0040 ? 0050 : 0) | ((mode) & 0004 ? 0005 : 0))

/* Where there are no TCX links (before kernel 6.6) the tc program is a clsact
 * filter; these two say which one is ours.
 */
#define RS_TC_HANDLE 0x72696e67 /* "ring" */
#define RS_TC_PRIORITY 1

/* bpffs has files of its own (maps.debug, progs.debug, with a dot that no pin
 * may have), and the stage is nobody's source.
 */
static inline int rs_is_source_dir(const char *dir)
{
	return !strchr(dir, '.') && strcmp(dir, RS_DIR_STAGE);
}

/* The longest directory name: 15 bytes of interface name, each escaped. */
#define RS_SOURCE_NAME_MAX (3 * 15 + 1)

/* The directory of an interface. bpffs refuses names with a dot, and no
 * interface may meet "flows" or a name of ours (these begin with %).
 */
static inline void rs_source_dir(const char *ifname, char dir[RS_SOURCE_NAME_MAX])
{
	int reserved = !strcmp(ifname, RS_SOURCE_FLOWS);
	char *out = dir;

	for (const char *in = ifname; *in && out + 3 < dir + RS_SOURCE_NAME_MAX; in++) {
		if (*in == '.' || *in == '%' || (reserved && in == ifname))
			out += sprintf(out, "%%%02x", (unsigned char)*in);
		else
			*out++ = *in;
	}
	*out = '\0';
}

/* The way back: the source as people name it. */
static inline void rs_source_name(const char *dir, char name[RS_SOURCE_NAME_MAX])
{
	char *out = name;
	unsigned int byte;

	while (*dir && out + 1 < name + RS_SOURCE_NAME_MAX) {
		if (*dir == '%' && isxdigit((unsigned char)dir[1]) && isxdigit((unsigned char)dir[2]) &&
		    sscanf(dir + 1, "%2x", &byte) == 1) {
			*out++ = (char)byte;
			dir += 3;
		} else {
			*out++ = *dir++;
		}
	}
	*out = '\0';
}

#endif
