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
#include "flows.h"
#include "load.h"

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
int refuse_programs_of_readers(const struct source *s)
{
	static bool said;
	FILE *file = fopen("/proc/sys/kernel/unprivileged_bpf_disabled", "re");
	int disabled = file ? getc(file) : EOF; /* without the file the kernel has no such setting */

	if (file)
		fclose(file);
	if (disabled != '0' || !(s->mode & 0066))
		return 0;
	if (said) /* of another source */
		return -1;
	said = true;
	warnx("load %s: everybody may load BPF programs here, so a reader could write to the ring", s->name);
	hint("sysctl kernel.unprivileged_bpf_disabled=2 closes that; with -m 0600 only root may read");
	return -1;
}

/* ------------------------------------------------------------------ the interface */

static int find_interface(struct load *l, const char *name)
{
	char dir[RS_SOURCE_NAME_MAX];
	struct ifreq request = {};
	int fd, error;

	if (!*name || strlen(name) >= IFNAMSIZ || strchr(name, '/')) {
		warnx("interface %s: not a name an interface can have", name);
		return -1;
	}
	rs_source_dir(name, dir);
	source_init(&l->new, dir);
	source_init(&l->old, dir);
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

void describe(struct source *s, const struct image *image, unsigned int record_size)
{
	struct rs_about *a = &s->about;
	struct stat ns;

	a->magic = RS_ABOUT_MAGIC;
	a->abi = RS_ABI_VERSION;
	a->slot_size = record_size;
	a->loaded_ns = clock_ns(CLOCK_BOOTTIME);
	a->clock_offset_ns = (__s64)(clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME));
	a->netns_ino = stat("/proc/self/ns/net", &ns) ? 0 : ns.st_ino;
	read_boot_id(a->boot_id);
	if (a->ifindex)
		snprintf(a->if_name, sizeof(a->if_name), "%.15s", s->name);
	snprintf(a->version, sizeof(a->version), "%s", RS_VERSION);
	snprintf(a->program, sizeof(a->program), "%s", image->name);
}

/* ------------------------------------------------------------------ the steps */

unsigned int slots_of(const struct options *o, int cpus, unsigned int record_size)
{
	size_t bytes = o->ring_size ?: (size_t)RING_BYTES_TOTAL / (size_t)cpus;
	unsigned int slots = 1;

	if (!o->ring_size && bytes < RING_BYTES_LEAST)
		bytes = RING_BYTES_LEAST;
	while (2 * slots * record_size <= bytes)
		slots *= 2;
	return slots;
}

void set_readers(struct source *s, const struct source *old, const struct readers *readers)
{
	s->mode = old && !readers->given ? old->mode : readers->mode;
	s->gid = old && !readers->given ? old->gid : readers->gid;
}

static int find_old(struct load *l, const struct pin_root *root)
{
	int error = source_open(&l->old, root, l->new.dir);

	l->has_old = error != -ENOENT;
	if (error && error != -ENOENT && error != -EPROTO) {
		errno = -error;
		warn("open what is loaded on %s", l->new.name);
		hint("ringside-loader unload %s removes it", l->new.name);
		return -1;
	}
	l->keeps = error == 0 && l->old.ring >= 0 && l->old.bell >= 0;
	return 0;
}

/* SHARED are the maps echoes and echo_senders of flows, or -1. */
static int prepare(struct load *l, const struct pin_root *root, const struct options *o,
		   const struct readers *readers, const struct image *image, const int shared[2])
{
	int cpus = libbpf_num_possible_cpus();
	struct object_config config = { .cpus = (unsigned int)cpus, .record_size = RS_SLOT_SIZE,
					.l2_len = l->l2_len, .ring = -1, .echoes = shared[0],
					.echo_senders = shared[1] };
	struct source *s = &l->new;
	struct stat ns;
	int xdp, tc;

	if (find_old(l, root))
		return -1;
	config.slots = slots_of(o, cpus, RS_SLOT_SIZE);
	l->keeps = l->keeps && l->old.about.cpus == config.cpus &&
		   (!o->ring_size || l->old.about.slots == config.slots);
	if (l->keeps) {
		config.slots = l->old.about.slots;
		config.ring = l->old.ring;
		config.counters = l->old.counters;
		config.bell = l->old.bell;
	}
	if (shared[0] >= 0 && shared[1] >= 0 && stat("/proc/self/ns/net", &ns) == 0)
		config.netns = (unsigned int)ns.st_ino;
	if (object_open(&l->object, image, &config) || object_load(&l->object, image, &config) ||
	    object_interface_programs(&l->object, image, &xdp, &tc))
		return -1;

	describe(s, image, RS_SLOT_SIZE);
	s->about.cpus = config.cpus;
	s->about.slots = config.slots;
	s->ring = dup(l->object.ring);
	s->bell = dup(l->object.bell);
	s->counters = dup(l->object.counters);
	s->xdp = dup(xdp);
	s->tc = tc >= 0 ? dup(tc) : -1;
	set_readers(s, l->has_old ? &l->old : NULL, readers);
	return refuse_programs_of_readers(s);
}

void print_readers(const struct source *s)
{
	char number[GROUP_NAME_MAX];

	if (s->mode & 0004)
		printf("  everybody may read\n");
	else if (s->mode & 0040)
		printf("  group %s may read\n", group_name(s->gid, number));
	else
		printf("  only root may read; load -g GROUP opens it to a group, -m 0666 to everybody\n");
}

static void report(const struct load *l, const struct pin_root *root)
{
	const struct source *s = &l->new;

	printf("attached to interface: %s (xdp %s%s%s)\n", s->name,
	       s->about.hooks & RS_HOOK_XDP_NATIVE ? "native" : "generic",
	       s->about.hooks & RS_HOOK_TCX ? ", tcx egress" : s->about.hooks & RS_HOOK_CLSACT ? ", clsact egress" : "",
	       l->keeps ? ", programs swapped" : "");
	if (s->about.missing[0])
		printf("  without %s\n", s->about.missing);
	printf("pinned to: %s/%s\n", root->path, s->dir);
	print_readers(s);
}

static void report_flows(const struct flows *f, const struct pin_root *root)
{
	const struct source *s = f->same ? &f->old : &f->new;

	if (f->same)
		return; /* nothing has changed */
	printf("attached to sockets: flows (%s%s%s%s)\n", s->about.hooks & RS_HOOK_KPROBES ? "kprobes" : "",
	       (s->about.hooks & (RS_HOOK_KPROBES | RS_HOOK_TRACEPOINTS)) == (RS_HOOK_KPROBES | RS_HOOK_TRACEPOINTS) ?
		       " and " : "",
	       s->about.hooks & RS_HOOK_TRACEPOINTS ? "tracepoints" : "", f->keeps ? ", programs swapped" : "");
	if (s->about.missing[0])
		printf("  without %s\n", s->about.missing);
	printf("pinned to: %s/%s\n", root->path, s->dir);
	print_readers(s);
}

/* Everything that is loaded in one call. */
struct loading {
	struct load *interfaces; /* owned */
	int count;
	int known; /* of them, those that were found */
	struct flows flows;
	bool with_flows;
	bool flows_staged;
};

static int prepare_flows(struct loading *all, const struct pin_root *root, const struct options *o,
			 const struct readers *readers)
{
	struct image image = builtin_flows_image();
	int error;

	if (!o->flows)
		return 0;
	if (o->compile && compile("flows.bpf.c", true, &image))
		return -1;
	/* what is seen on the wire does not depend on it */
	error = flows_prepare(&all->flows, root, o, readers, &image);
	free(image.compiled);
	all->with_flows = !error;
	return !error || (all->count && error != -EACCES) ? 0 : -1;
}

static int prepare_all(struct loading *all, const struct pin_root *root, const struct options *o,
		       const struct readers *readers)
{
	struct image image = builtin_icmp_image();
	const struct flows *flows;
	int error = 0, shared[2];

	if (prepare_flows(all, root, o, readers))
		return -1;
	if ((o->compile || o->source) && compile(o->source ?: "icmp.bpf.c", o->source == NULL, &image))
		return -1;
	flows = all->with_flows ? &all->flows : NULL;
	shared[0] = flows_map(flows, root, "echoes");
	shared[1] = flows_map(flows, root, "echo_senders");
	for (int i = 0; i < all->count && !error; i++)
		error = prepare(&all->interfaces[i], root, o, readers, &image, shared);
	for (int i = 0; i < 2; i++)
		if (shared[i] >= 0)
			close(shared[i]);
	free(image.compiled);
	return error;
}

static int stage_all(struct loading *all, const struct pin_root *root, const struct options *o)
{
	for (int i = 0; i < all->count; i++) {
		struct load *l = &all->interfaces[i];
		if (source_stage(&l->new, root))
			return -1;
		l->attached = true; /* also when only half of it went well */
		if (attach(&l->new, l->has_old ? &l->old : NULL, o) || source_pin_links(&l->new, root))
			return -1;
	}
	all->flows_staged = all->with_flows && !all->flows.same;
	return all->flows_staged ? flows_stage(&all->flows, root) : 0;
}

/* This is quick: a loader killed in it leaves programs that write to a ring that is
 * not visible, until the next one cleans up.
 */
static int publish_all(struct loading *all, const struct pin_root *root)
{
	int i;

	for (i = 0; i < all->count; i++)
		if (attach_swap(&all->interfaces[i].new, all->interfaces[i].has_old ? &all->interfaces[i].old : NULL))
			return -1;
	if (all->flows_staged && flows_swap(&all->flows))
		return -1;
	for (i = 0; i < all->count; i++)
		if (source_publish(&all->interfaces[i].new, root))
			goto retract;
	if (!all->flows_staged || !source_publish(&all->flows.new, root))
		return 0;
retract:
	while (i-- > 0)
		source_retract(&all->interfaces[i].new, root, all->interfaces[i].has_old);
	return -1;
}

static int load_all(struct loading *all, const struct pin_root *root, const struct options *o,
		    const struct readers *readers)
{
	int error = prepare_all(all, root, o, readers) || stage_all(all, root, o) || publish_all(all, root) ? -1 : 0;

	for (int i = 0; i < all->count; i++) {
		struct load *l = &all->interfaces[i];

		if (!error)
			report(l, root);
		else if (l->attached)
			attach_undo(&l->new, l->has_old ? &l->old : NULL);
		/* what was not published, or what was there before */
		remove_tree(root->stage_fd, l->new.dir);
	}
	if (!error && all->with_flows)
		report_flows(&all->flows, root);
	else if (!error && o->flows)
		hint("ICMP is watched all the same; --no-flows leaves TCP and UDP out");
	if (error && all->flows_staged)
		flows_undo(root);
	remove_tree(root->stage_fd, RS_SOURCE_FLOWS);
	return error;
}

static void loading_free(struct loading *all)
{
	for (int i = 0; i < all->known; i++) {
		object_free(&all->interfaces[i].object);
		source_close(&all->interfaces[i].new);
		source_close(&all->interfaces[i].old);
	}
	if (all->flows.new.dir[0])
		flows_free(&all->flows);
	free(all->interfaces);
}

static int find_interfaces(struct loading *all, int count, char **names, int *code)
{
	for (; all->known < count; all->known++) {
		for (int i = 0; i < all->known; i++) {
			if (!strcmp(names[i], names[all->known])) {
				warnx("load: %s is named twice", names[i]);
				*code = EXIT_USAGE;
				return -1;
			}
		}
		if (find_interface(&all->interfaces[all->known], names[all->known]))
			return -1;
	}
	return 0;
}

int command_load(const struct options *o, int count, char **interfaces)
{
	struct loading all = { .interfaces = calloc((size_t)count + 1, sizeof(*all.interfaces)) };
	struct pin_root root = PIN_ROOT_NONE;
	struct readers readers;
	int code = EXIT_USAGE;

	if (!all.interfaces)
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
	if (!o->icmp && !o->flows) {
		warnx("load: with --no-icmp and --no-flows there is nothing to load");
		goto done;
	}
	code = EXIT_FAILED;
	if (geteuid() != 0) {
		warnx("load: %s", strerror(EPERM));
		hint("it needs root: sudo ringside-loader load %s", interfaces[0]);
		goto done;
	}
	if (find_readers(o, &readers) || find_interfaces(&all, count, interfaces, &code))
		goto done;
	all.count = o->icmp ? count : 0;
	if (pin_root_make(&root, o))
		goto done;
	if (load_all(&all, &root, o, &readers) == 0)
		code = EXIT_DONE;
done:
	loading_free(&all);
	pin_root_close(&root);
	return code;
}
