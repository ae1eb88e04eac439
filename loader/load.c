// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* load.c - attach, pin and exit; several interfaces all or none. */
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if_arp.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "attach.h"
#include "compile.h"
#include "object.h"
#include "source.h"

#define ARPHRD_IP6GRE 823 /* linux/if_arp.h, which cannot be included beside net/if.h */
#define RING_BYTES_TOTAL (16 << 20)
#define RING_BYTES_LEAST (256 << 10)

/* One interface on its way from a name to a source. */
struct load {
	struct source new, old;
	bool has_old;  /* something is loaded there now */
	bool keeps;    /* and its ring goes on */
	bool attached;
	struct object object;
	unsigned int l2_len;
};

struct readers {
	mode_t mode;
	gid_t gid;
	bool given; /* by an option, so it also changes what is loaded */
};

/* ------------------------------------------------------------------ who may read */

static int find_group(const char *text, gid_t *gid)
{
	struct group *group = getgrnam(text);
	char *end;

	*gid = (gid_t)strtoul(text, &end, 10);
	if (group)
		*gid = group->gr_gid;
	else if (*text < '0' || *text > '9' || *end != '\0')
		return -1;
	return 0;
}

static int find_readers(const struct options *o, struct readers *r)
{
	const char *sudo = getenv("SUDO_GID");

	*r = (struct readers){ .mode = RS_MODE_DEFAULT, .given = o->group || o->mode >= 0 };
	if (o->group) {
		if (find_group(o->group, &r->gid)) {
			warnx("group %s: there is no such group", o->group);
			return -1;
		}
	} else if (!(sudo && !find_group(sudo, &r->gid) && r->gid != 0) && find_group("ringside", &r->gid)) {
		r->gid = 0;
		r->mode = 0600;
	}
	if (o->mode >= 0)
		r->mode = (mode_t)o->mode;
	return 0;
}

/* Freezing keeps system calls and mappings from writing, not programs: where
 * everybody may load one, a socket filter that names a map writes to it, through
 * whatever descriptor. Seen on 6.12, also with one opened BPF_F_RDONLY.
 */
static int refuse_programs_of_readers(const struct source *s)
{
	FILE *file = fopen("/proc/sys/kernel/unprivileged_bpf_disabled", "re");
	int disabled = file ? getc(file) : EOF; /* without the file the kernel has no such setting */

	if (file)
		fclose(file);
	if (disabled != '0' || !(s->mode & 0066))
		return 0;
	warnx("load %s: everybody may load BPF programs here, so a reader could write to the ring", s->name);
	hint("sysctl kernel.unprivileged_bpf_disabled=2 closes that; with -m 0600 only root may read");
	return -1;
}

/* ------------------------------------------------------------------ the interface */

static int find_interface(struct load *l, const char *name)
{
	struct ifreq request = {};
	int fd, error;

	if (!*name || strlen(name) >= IFNAMSIZ || strchr(name, '/')) {
		warnx("interface %s: not a name an interface can have", name);
		return -1;
	}
	source_init(&l->new, name);
	source_init(&l->old, name);
	l->new.about.ifindex = if_nametoindex(name);
	strcpy(request.ifr_name, name);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	error = fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request);
	if (fd >= 0)
		close(fd);
	if (!l->new.about.ifindex || error) {
		warnx("interface %s: %s", name, strerror(errno));
		if (errno == ENODEV)
			hint("ip -br link lists the interfaces of this network namespace");
		return -1;
	}
	switch (request.ifr_hwaddr.sa_family) {
	case ARPHRD_ETHER:
	case ARPHRD_LOOPBACK:
		l->l2_len = 14;
		return 0;
	case ARPHRD_NONE:
	case ARPHRD_RAWIP:
	case ARPHRD_PPP:
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE:
	case ARPHRD_IP6GRE:
		l->l2_len = 0;
		return 0;
	}
	warnx("interface %s: link type %d is neither Ethernet nor plain IP", name, request.ifr_hwaddr.sa_family);
	return -1;
}

/* ------------------------------------------------------------------ the description */

static __u64 clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (__u64)t.tv_sec * 1000000000 + (__u64)t.tv_nsec;
}

static void read_boot_id(__u8 id[16])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	unsigned int byte;

	for (int i = 0; file && i < 16; i++) {
		if (fscanf(file, "%2x%*[-]", &byte) < 1 && fscanf(file, "%2x", &byte) < 1)
			break;
		id[i] = (__u8)byte;
	}
	if (file)
		fclose(file);
}

static void describe(struct load *l, const struct image *image)
{
	struct rs_about *a = &l->new.about;
	struct stat ns;

	a->magic = RS_ABOUT_MAGIC;
	a->abi = RS_ABI_VERSION;
	a->slot_size = RS_SLOT_SIZE;
	a->loaded_ns = clock_ns(CLOCK_BOOTTIME);
	a->clock_offset_ns = (__s64)(clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME));
	a->netns_ino = stat("/proc/self/ns/net", &ns) ? 0 : ns.st_ino;
	read_boot_id(a->boot_id);
	snprintf(a->if_name, sizeof(a->if_name), "%s", l->new.name);
	snprintf(a->version, sizeof(a->version), "%s", RS_VERSION);
	snprintf(a->program, sizeof(a->program), "%s", image->name);
}

/* ------------------------------------------------------------------ the steps */

static __u32 slots_for(size_t bytes)
{
	__u32 slots = 1;

	while (2 * slots * RS_SLOT_SIZE <= bytes)
		slots *= 2;
	return slots;
}

static int find_old(struct load *l, const struct pin_root *root)
{
	int error = source_open(&l->old, root, l->new.name);

	l->has_old = error != -ENOENT;
	if (error && error != -ENOENT && error != -EPROTO) {
		errno = -error;
		warn("open what is loaded on %s", l->new.name);
		hint("ringside-loader unload %s removes it", l->new.name);
		return -1;
	}
	l->keeps = error == 0;
	return 0;
}

static int prepare(struct load *l, const struct pin_root *root, const struct options *o,
		   const struct readers *readers, const struct image *image)
{
	int cpus = libbpf_num_possible_cpus();
	size_t bytes = o->ring_size ?: (size_t)RING_BYTES_TOTAL / (size_t)cpus;
	struct object_config config = { .cpus = (unsigned int)cpus, .l2_len = l->l2_len, .ring = -1 };
	struct source *s = &l->new;

	if (find_old(l, root))
		return -1;
	if (!o->ring_size && bytes < RING_BYTES_LEAST)
		bytes = RING_BYTES_LEAST;
	config.slots = slots_for(bytes);
	l->keeps = l->keeps && l->old.about.cpus == config.cpus &&
		   (!o->ring_size || l->old.about.slots == config.slots);
	if (l->keeps) {
		config.slots = l->old.about.slots;
		config.ring = l->old.ring;
		config.counters = l->old.counters;
		config.bell = l->old.bell;
	}
	if (object_load(&l->object, image, &config))
		return -1;

	describe(l, image);
	s->about.cpus = config.cpus;
	s->about.slots = config.slots;
	s->ring = dup(l->object.ring);
	s->bell = dup(l->object.bell);
	s->counters = dup(l->object.counters);
	s->xdp = dup(l->object.xdp);
	s->tc = l->object.tc >= 0 ? dup(l->object.tc) : -1;
	s->mode = l->has_old && !readers->given ? l->old.mode : readers->mode;
	s->gid = l->has_old && !readers->given ? l->old.gid : readers->gid;
	return refuse_programs_of_readers(s);
}

static void report(const struct load *l, const struct pin_root *root)
{
	const struct source *s = &l->new;
	char number[GROUP_NAME_MAX];

	printf("attached to interface: %s (xdp %s%s%s)\n", s->name,
	       s->about.hooks & RS_HOOK_XDP_NATIVE ? "native" : "generic",
	       s->about.hooks & RS_HOOK_TCX ? ", tcx egress" : s->about.hooks & RS_HOOK_CLSACT ? ", clsact egress" : "",
	       l->keeps ? ", programs swapped" : "");
	if (s->about.missing[0])
		printf("  without %s\n", s->about.missing);
	printf("pinned to: %s/%s\n", root->path, s->dir);
	if (s->mode & 0004)
		printf("  everybody may read\n");
	else if (s->mode & 0040)
		printf("  group %s may read\n", group_name(s->gid, number));
	else
		printf("  only root may read; load -g GROUP opens it to a group, -m 0666 to everybody\n");
}

static int load_all(struct load *loads, int count, const struct pin_root *root, const struct options *o,
		    const struct readers *readers, const struct image *image)
{
	int i;

	for (i = 0; i < count; i++)
		if (prepare(&loads[i], root, o, readers, image))
			return -1;
	for (i = 0; i < count; i++) {
		struct load *l = &loads[i];
		if (source_stage(&l->new, root))
			return -1;
		l->attached = true; /* also when only half of it went well */
		if (attach(&l->new, l->has_old ? &l->old : NULL, o) || source_pin_links(&l->new, root))
			return -1;
	}
	/* The rest is quick: a loader killed from here on leaves programs that write
	 * to a ring that is not visible, until the next one cleans up.
	 */
	for (i = 0; i < count; i++)
		if (attach_swap(&loads[i].new, loads[i].has_old ? &loads[i].old : NULL))
			return -1;
	for (i = 0; i < count; i++) {
		if (source_publish(&loads[i].new, root)) {
			while (i-- > 0)
				source_retract(&loads[i].new, root, loads[i].has_old);
			return -1;
		}
	}
	for (i = 0; i < count; i++) {
		loads[i].attached = false; /* published: nothing to undo */
		report(&loads[i], root);
	}
	return 0;
}

int command_load(const struct options *o, int count, char **interfaces)
{
	struct pin_root root = PIN_ROOT_NONE;
	struct load *loads = calloc((size_t)count + 1, sizeof(*loads));
	struct image image = builtin_image();
	struct readers readers;
	int code = EXIT_USAGE;
	int known = 0;

	if (!loads)
		err(EXIT_FAILED, "load");
	if (count == 0) {
		warnx("load: no interface given");
		hint("ringside-loader load eth0; ip -br link lists the interfaces");
		goto done;
	}
	if (o->compile && o->source) {
		warnx("load: --compile and --source exclude each other");
		goto done;
	}
	if (!o->icmp) {
		warnx("load: with --no-icmp there is nothing to load");
		goto done;
	}
	code = EXIT_FAILED;
	if (geteuid() != 0) {
		warnx("load: %s", strerror(EPERM));
		hint("it needs root: sudo ringside-loader load %s", interfaces[0]);
		goto done;
	}
	if (find_readers(o, &readers))
		goto done;
	for (; known < count; known++) {
		for (int i = 0; i < known; i++) {
			if (!strcmp(interfaces[i], interfaces[known])) {
				warnx("load: %s is named twice", interfaces[i]);
				code = EXIT_USAGE;
				goto done;
			}
		}
		if (find_interface(&loads[known], interfaces[known]))
			goto done;
	}
	if ((o->compile || o->source) && compile(o->source, &image))
		goto done;
	if (pin_root_make(&root, o))
		goto done;
	if (load_all(loads, count, &root, o, &readers, &image) == 0)
		code = EXIT_DONE;

	for (int i = 0; i < count; i++) {
		if (loads[i].attached)
			attach_undo(&loads[i].new, loads[i].has_old ? &loads[i].old : NULL);
		/* what was not published, or what was there before */
		remove_tree(root.stage_fd, loads[i].new.dir);
	}
done:
	for (int i = 0; loads && i < known; i++) {
		object_free(&loads[i].object);
		source_close(&loads[i].new);
		source_close(&loads[i].old);
	}
	pin_root_close(&root);
	free(loads);
	return code;
}
