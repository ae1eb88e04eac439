// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>
#include <unistd.h>

#include "attach.h"
#include "clsact.h"

/* include/uapi/linux/bpf.h of 6.6; Debian 12 has the header of 6.1. */
#define ATTACH_TCX_EGRESS 47
#define LINK_BEFORE (1U << 3) /* BPF_F_BEFORE with nothing named: before all others */

static int link_info(int link, struct bpf_link_info *info)
{
	__u32 size = sizeof(*info);

	memset(info, 0, size);
	return link < 0 ? -1 : bpf_obj_get_info_by_fd(link, info, &size);
}

/* The kernel takes a link's device away when the interface goes. XDP and TCX
 * have their ifindex at the same place: first in their part of the union.
 */
static unsigned int link_ifindex(int link)
{
	struct bpf_link_info info;

	return link_info(link, &info) ? 0 : info.xdp.ifindex;
}

unsigned int attached_ifindex(const struct source *s)
{
	return link_ifindex(s->xdp_link);
}

static bool link_holds(int link, unsigned int ifindex)
{
	return link >= 0 && link_ifindex(link) == ifindex;
}

/* ------------------------------------------------------------------ foreign */

static void program_name(__u32 id, char name[BPF_OBJ_NAME_LEN])
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size))
		memcpy(name, info.name, BPF_OBJ_NAME_LEN);
	else
		strcpy(name, "?");
	if (fd >= 0)
		close(fd);
}

/* A program that is held by a link goes only with the link. An index alone may be that of
 * another interface, in another network namespace.
 */
static bool detach_foreign_link(unsigned int ifindex, __u32 program)
{
	struct bpf_link_info info;
	bool done = false;
	__u32 id = 0;

	while (!done && !bpf_link_get_next_id(id, &id)) {
		int fd = bpf_link_get_fd_by_id(id);
		if (!link_info(fd, &info) && info.type == BPF_LINK_TYPE_XDP && info.xdp.ifindex == ifindex &&
		    info.prog_id == program)
			done = !bpf_link_detach(fd);
		if (fd >= 0)
			close(fd);
	}
	return done;
}

static int make_way(const struct source *s, const struct options *o)
{
	DECLARE_LIBBPF_OPTS(bpf_xdp_query_opts, query);
	struct { __u32 id, flags; const char *mode; } there[] = {
		{ 0, XDP_FLAGS_DRV_MODE, "native" },
		{ 0, XDP_FLAGS_SKB_MODE, "generic" },
		{ 0, XDP_FLAGS_HW_MODE, "offloaded" },
	};
	char name[BPF_OBJ_NAME_LEN];

	if (bpf_xdp_query((int)s->about.ifindex, 0, &query))
		return 0; /* then attaching says what is wrong */
	there[0].id = query.drv_prog_id;
	there[1].id = query.skb_prog_id;
	there[2].id = query.hw_prog_id;
	for (int i = 0; i < 3; i++) {
		if (!there[i].id)
			continue;
		program_name(there[i].id, name);
		if (!o->replace) {
			warnx("attach xdp to %s: another program is there: %s (id %u, %s)", s->name, name,
			      there[i].id, there[i].mode);
			hint("load --replace takes its place");
			return -1;
		}
		if (!detach_foreign_link(s->about.ifindex, there[i].id) &&
		    bpf_xdp_detach((int)s->about.ifindex, there[i].flags, NULL)) {
			warn("take xdp program %s (id %u) off %s", name, there[i].id, s->name);
			return -1;
		}
		printf("replaced on %s: xdp program %s (id %u, %s)\n", s->name, name, there[i].id, there[i].mode);
	}
	return 0;
}

/* ------------------------------------------------------------------ XDP */

static bool mode_fits(__u32 hooks, enum xdp_mode wanted)
{
	return wanted == XDP_MODE_AUTO ||
	       (wanted == XDP_MODE_NATIVE && (hooks & RS_HOOK_XDP_NATIVE)) ||
	       (wanted == XDP_MODE_GENERIC && (hooks & RS_HOOK_XDP_GENERIC));
}

/* Which mode a link was made in: the link itself does not tell. */
static __u32 mode_now(const struct source *s)
{
	DECLARE_LIBBPF_OPTS(bpf_xdp_query_opts, query);

	if (bpf_xdp_query((int)s->about.ifindex, 0, &query))
		return 0;
	return query.drv_prog_id ? RS_HOOK_XDP_NATIVE : RS_HOOK_XDP_GENERIC;
}

static int xdp_link(const struct source *s, __u32 flags)
{
	DECLARE_LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = flags);

	return bpf_link_create(s->xdp, (int)s->about.ifindex, BPF_XDP, &opts);
}

static int attach_xdp(struct source *s, struct source *old, const struct options *o)
{
	int error = 0;

	if (old && link_holds(old->xdp_link, s->about.ifindex)) {
		if (mode_fits(mode_now(s), o->xdp)) {
			s->xdp_link = dup(old->xdp_link);
			s->about.hooks |= mode_now(s);
			return 0;
		}
		/* a link cannot change its mode */
		bpf_link_detach(old->xdp_link);
	} else if (make_way(s, o)) {
		return -1;
	}

	if (o->xdp != XDP_MODE_GENERIC) {
		s->xdp_link = xdp_link(s, XDP_FLAGS_DRV_MODE);
		if (s->xdp_link >= 0) {
			s->about.hooks |= RS_HOOK_XDP_NATIVE;
			return 0;
		}
		error = errno;
		if (o->xdp == XDP_MODE_NATIVE) {
			warn("attach xdp to %s in native mode", s->name);
			hint("the driver may not have XDP; --xdp auto or generic works on every interface");
			return -1;
		}
	}
	s->xdp_link = xdp_link(s, XDP_FLAGS_SKB_MODE);
	if (s->xdp_link < 0) {
		warn("attach xdp to %s", s->name);
		return -1;
	}
	s->about.hooks |= RS_HOOK_XDP_GENERIC;
	if (error)
		snprintf(s->about.missing, sizeof(s->about.missing), "native xdp: %s", strerror(error));
	return 0;
}

/* ------------------------------------------------------------------ egress */

static void missing(struct source *s, const char *what, const char *why)
{
	size_t used = strlen(s->about.missing);

	snprintf(s->about.missing + used, sizeof(s->about.missing) - used, "%s%s: %s", used ? "; " : "",
		 what, why);
}

static int attach_tc(struct source *s, struct source *old, const struct options *o)
{
	DECLARE_LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = LINK_BEFORE);
	bool holds = old && link_holds(old->tcx_link, s->about.ifindex);
	bool made = false;
	int error;

	if (!o->egress || s->tc < 0) {
		missing(s, "egress", !o->egress ? "not wanted" : "the object has no tc program");
		return 0;
	}
	if (holds) {
		s->tcx_link = dup(old->tcx_link);
		s->about.hooks |= RS_HOOK_TCX;
		return 0;
	}
	s->tcx_link = bpf_link_create(s->tc, (int)s->about.ifindex, ATTACH_TCX_EGRESS, &opts);
	if (s->tcx_link >= 0) {
		s->about.hooks |= RS_HOOK_TCX;
		return 0;
	}
	if (errno != EINVAL) {
		warn("attach tc egress to %s", s->name);
		return -1;
	}
	/* before 6.6: no TCX */
	if (old && old->tc >= 0 && clsact_runs(s->about.ifindex, old->tc)) {
		s->about.hooks |= RS_HOOK_CLSACT | (old->about.hooks & RS_HOOK_CLSACT_MADE);
		return 0;
	}
	error = clsact_attach(s->about.ifindex, s->tc, &made);
	if (error) {
		errno = -error;
		warn("attach tc egress (clsact) to %s", s->name);
		return -1;
	}
	s->about.hooks |= RS_HOOK_CLSACT;
	if (made || (old && (old->about.hooks & RS_HOOK_CLSACT_MADE)))
		s->about.hooks |= RS_HOOK_CLSACT_MADE;
	return 0;
}

/* ------------------------------------------------------------------ together */

int attach(struct source *s, struct source *old, const struct options *o)
{
	s->about.hooks = 0;
	s->about.missing[0] = '\0';
	return attach_xdp(s, old, o) || attach_tc(s, old, o) ? -1 : 0;
}

/* Does nothing to a link that was just made with this program. */
int attach_swap(struct source *s, struct source *old)
{
	int error = 0;

	if (bpf_link_update(s->xdp_link, s->xdp, NULL)) {
		warn("swap the xdp program on %s", s->name);
		return -1;
	}
	if (s->tcx_link >= 0 && bpf_link_update(s->tcx_link, s->tc, NULL))
		error = -errno;
	else if (s->about.hooks & RS_HOOK_CLSACT)
		error = clsact_attach(s->about.ifindex, s->tc, &(bool){ false });
	if (error) {
		errno = -error;
		warn("swap the tc program on %s", s->name);
		return -1;
	}
	/* egress that is not wanted any more */
	if (old && old->tcx_link >= 0 && s->tcx_link < 0)
		bpf_link_detach(old->tcx_link);
	if (old && (old->about.hooks & RS_HOOK_CLSACT) && !(s->about.hooks & RS_HOOK_CLSACT))
		clsact_detach(old->about.ifindex, old->about.hooks & RS_HOOK_CLSACT_MADE);
	return 0;
}

void attach_undo(struct source *s, struct source *old)
{
	if (old && old->xdp >= 0 && link_holds(old->xdp_link, s->about.ifindex))
		bpf_link_update(old->xdp_link, old->xdp, NULL);
	else if (s->xdp_link >= 0)
		bpf_link_detach(s->xdp_link);
	if (old && old->tc >= 0 && link_holds(old->tcx_link, s->about.ifindex))
		bpf_link_update(old->tcx_link, old->tc, NULL);
	else if (s->tcx_link >= 0)
		bpf_link_detach(s->tcx_link);
	/* a killed loader may not have come to note the filter in its hooks */
	if (s->tc >= 0 && clsact_runs(s->about.ifindex, s->tc)) {
		if (old && old->tc >= 0 && (old->about.hooks & RS_HOOK_CLSACT))
			clsact_attach(s->about.ifindex, old->tc, &(bool){ false });
		else
			clsact_detach(s->about.ifindex, s->about.hooks & RS_HOOK_CLSACT_MADE);
	}
}

void detach(struct source *s)
{
	if (s->xdp_link >= 0)
		bpf_link_detach(s->xdp_link);
	if (s->tcx_link >= 0)
		bpf_link_detach(s->tcx_link);
	/* A filter has no pin, so it is told by its handle and by the program that
	 * it runs; a killed loader may not have come to note it.
	 */
	if (s->tc >= 0 && s->tcx_link < 0 && clsact_runs(s->about.ifindex, s->tc))
		clsact_detach(s->about.ifindex, s->about.hooks & RS_HOOK_CLSACT_MADE);
}
