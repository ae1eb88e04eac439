// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * hostile.c - a local user who tries to touch what he may only watch.
 *
 *	hostile try ROOT SOURCE IFINDEX in|out [ID...]	each attempt once
 *	hostile storm ROOT SOURCE			what readers do, as fast as it goes
 *	hostile hold ROOT SOURCE			everything that can be held, until killed
 *
 * "in" may read the source, "out" may not even open it. An attempt prints its
 * name and the error it got, and fails the run when that is not an expected one.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "abi.h"
#include "pins.h"

#define ATTACH_TCX_EGRESS 47 /* include/uapi/linux/bpf.h of 6.6 */
#define ENOTSUPP_OF_KERNEL 524 /* include/linux/errno.h: such a map has no mapping */
#define MEMBERS 12 /* of an array of expected errors, its end (-1) included */
#define EXPECT(...) ((const int[MEMBERS]){ __VA_ARGS__, -1 })

static char root[256], source[512]; /* the loader allows no longer pin root */
static unsigned int ifindex;
static bool may_read, of_flows;
static int attempts, wrong;

static const char *error_name(int error)
{
	return !error ? "no error" : error == ENOTSUPP_OF_KERNEL ? "ENOTSUPP" : strerrorname_np(error);
}

/* RESULT is negative when the attempt was refused; then errno says why. */
static void got(const char *name, long result, const int *expected)
{
	int error = result < 0 ? errno : 0;
	bool fine = false;

	for (int i = 0; i < MEMBERS && expected[i] >= 0; i++)
		fine = fine || expected[i] == error;
	attempts++;
	wrong += !fine;
	printf("%-5s %-52s %s\n", fine ? "ok" : "WRONG", name, error_name(error));
}

/* What a member of the group is told, and what everybody else. */
#define TRY(name, call, expected) got(name, (errno = 0, (long)(call)), expected)
#define TRY_AS(name, call, member, other) TRY(name, call, may_read ? (member) : (other))

static const char *path_of(const char *directory, const char *name)
{
	static char paths[4][4096];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s%s%s", directory, *name ? "/" : "", name);
	return path;
}

static const char *named(const char *what, const char *object)
{
	static char name[128];

	snprintf(name, sizeof(name), "%s %s", what, object);
	return name;
}

static int open_pin(const char *name, __u32 flags)
{
	DECLARE_LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = flags);

	return bpf_obj_get_opts(path_of(source, name), &opts);
}

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* ------------------------------------------------------------------ opening */

static int try_open(const char *name, __u32 flags, const int *member, const int *other)
{
	static const char *const how[] = { "read-write", "read-only", "write-only" };
	char title[128];
	int fd;

	snprintf(title, sizeof(title), "open %s %s", name,
		 how[flags == BPF_F_RDONLY ? 1 : flags == BPF_F_WRONLY ? 2 : 0]);
	errno = 0;
	fd = open_pin(name, flags);
	got(title, fd, may_read ? member : other);
	return fd;
}

static void open_what_is_for_root(void)
{
	static const char *const names[] = {
		RS_DIR_ROOT "/" RS_PIN_XDP, RS_DIR_ROOT "/" RS_PIN_TC,
		RS_DIR_ROOT "/" RS_PIN_XDP_LINK, RS_DIR_ROOT "/" RS_PIN_TCX_LINK,
	};
	/* whoever writes to the gate stops all of it, whoever reads sockets knows more than is told */
	static const char *const of_sockets[] = {
		RS_DIR_ROOT "/tick", RS_DIR_ROOT "/t_inet_sock_set_state_irq", RS_DIR_ROOT "/" RS_DIR_STATE "/gate",
		RS_DIR_ROOT "/" RS_DIR_STATE "/sockets",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *name = of_flows ? of_sockets[i] : names[i];

		try_open(name, 0, EXPECT(EACCES), EXPECT(EACCES));
		try_open(name, BPF_F_RDONLY, EXPECT(EACCES), EXPECT(EACCES));
		TRY(named("stat", name), access(path_of(source, name), F_OK), EXPECT(EACCES));
	}
	TRY("list root/", open(path_of(source, RS_DIR_ROOT), O_RDONLY | O_DIRECTORY), EXPECT(EACCES));
	TRY("enter root/", chdir(path_of(source, RS_DIR_ROOT)), EXPECT(EACCES));
	TRY("list root/state/", open(path_of(source, RS_DIR_ROOT "/" RS_DIR_STATE), O_RDONLY | O_DIRECTORY), EXPECT(EACCES));
	TRY("list the stage", open(path_of(root, RS_DIR_STAGE), O_RDONLY | O_DIRECTORY), EXPECT(EACCES));
	TRY("enter the stage", chdir(path_of(root, RS_DIR_STAGE)), EXPECT(EACCES));
}

/* ------------------------------------------------------------------ by system call */

static void write_by_call(const char *name, int fd, size_t value_size)
{
	static char keys[64], values[4096];
	DECLARE_LIBBPF_OPTS(bpf_map_batch_opts, batch);
	__u64 key = 0;
	__u32 count = 1, out = 0;

	if (fd < 0 || value_size > sizeof(values))
		return;
	memset(values, 0xff, sizeof(values));
	TRY(named("update", name), bpf_map_update_elem(fd, &key, values, BPF_ANY), EXPECT(EPERM));
	TRY(named("update, locked,", name), bpf_map_update_elem(fd, &key, values, BPF_F_LOCK), EXPECT(EPERM));
	TRY(named("delete", name), bpf_map_delete_elem(fd, &key), EXPECT(EPERM));
	TRY(named("lookup and delete", name), bpf_map_lookup_and_delete_elem(fd, &key, values), EXPECT(EPERM));
	TRY(named("update batch", name), bpf_map_update_batch(fd, keys, values, &count, &batch), EXPECT(EPERM));
	count = 1;
	TRY(named("delete batch", name), bpf_map_delete_batch(fd, keys, &count, &batch), EXPECT(EPERM));
	count = 1;
	TRY(named("lookup and delete batch", name),
	    bpf_map_lookup_and_delete_batch(fd, NULL, &out, keys, values, &count, &batch),
	    EXPECT(EPERM));
	TRY(named("freeze", name), bpf_map_freeze(fd), EXPECT(EPERM, EBUSY));
}

/* ------------------------------------------------------------------ by mapping */

static void write_to_mapping(const char *name, void *memory, size_t size)
{
	char byte = 0x55, path[64];
	struct iovec local = { &byte, 1 }, remote = { memory, 1 };
	int fd, in[2], status;
	pid_t child;

	TRY(named("mprotect writable the mapping of", name), mprotect(memory, size, PROT_READ | PROT_WRITE),
	    EXPECT(EACCES));
	TRY(named("read() into the mapping of", name),
	    pipe(in) || write(in[1], &byte, 1) != 1 ? -1 : read(in[0], memory, 1), EXPECT(EFAULT));
	close(in[0]);
	close(in[1]);
	fd = open("/proc/self/mem", O_RDWR);
	TRY(named("/proc/self/mem into the mapping of", name), pwrite(fd, &byte, 1, (off_t)(size_t)memory),
	    EXPECT(EIO));
	close(fd);
	TRY(named("process_vm_writev into the mapping of", name),
	    process_vm_writev(getpid(), &local, 1, &remote, 1, 0), EXPECT(EFAULT));
	child = fork();
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(child, &status, 0);
	TRY(named("ptrace into the mapping of", name), ptrace(PTRACE_POKEDATA, child, memory, 0x55),
	    EXPECT(EIO, EFAULT));
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	TRY(named("madvise remove the mapping of", name), madvise(memory, size, MADV_REMOVE),
	    EXPECT(EACCES, EINVAL));
	TRY(named("madvise poison the mapping of", name), madvise(memory, size, MADV_HWPOISON),
	    EXPECT(EPERM, EINVAL));
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (long)memory, (long)memory + (long)size);
	TRY(named("open through map_files", name), open(path, O_RDWR), EXPECT(EPERM, EACCES, ENOENT, ENXIO));
}

static long map(int fd, int protection, int flags, off_t offset, void **memory)
{
	*memory = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), protection, flags, fd, offset);
	return *memory == MAP_FAILED ? -1 : 0;
}

static void write_by_mapping(const char *name, int fd, const int *readable)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *memory;

	if (fd < 0)
		return;
	TRY(named("map writable", name), map(fd, PROT_READ | PROT_WRITE, MAP_SHARED, 0, &memory),
	    EXPECT(EPERM, EACCES));
	TRY(named("map write-only", name), map(fd, PROT_WRITE, MAP_SHARED, 0, &memory), EXPECT(EPERM, EACCES));
	TRY(named("map writable the second page of", name),
	    map(fd, PROT_READ | PROT_WRITE, MAP_SHARED, (off_t)page, &memory), EXPECT(EPERM, EACCES));
	TRY(named("map private and writable", name), map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0, &memory),
	    EXPECT(EINVAL, EACCES, ENOTSUPP_OF_KERNEL));
	TRY(named("map read-only", name), map(fd, PROT_READ, MAP_SHARED, 0, &memory), readable);
	if (memory == MAP_FAILED)
		return;
	write_to_mapping(name, memory, page);
	munmap(memory, page);
}

/* ------------------------------------------------------------------ by descriptor */

static void widen(const char *name, int fd)
{
	__u32 key = 0;
	char path[64], value[256] = {};

	if (fd < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	TRY(named("open again read-write", name), open(path, O_RDWR), EXPECT(ENXIO, EACCES));
	TRY(named("fcntl read-write and update", name),
	    fcntl(fd, F_SETFL, O_RDWR) ? -1 : bpf_map_update_elem(fd, &key, value, BPF_ANY), EXPECT(EPERM));
	TRY(named("write()", name), write(fd, "x", 1), EXPECT(EINVAL, EBADF));
	TRY(named("fchmod", name), fchmod(fd, 0777), EXPECT(EPERM, EOPNOTSUPP));
	TRY(named("ftruncate", name), ftruncate(fd, 0), EXPECT(EINVAL, EPERM, EACCES, EBADF));
	TRY(named("detach as if a link", name), bpf_link_detach(fd), EXPECT(EINVAL));
	TRY(named("update as if a link", name), bpf_link_update(fd, fd, NULL), EXPECT(EINVAL, EPERM));
	TRY(named("attach as if a program", name), bpf_link_create(fd, (int)ifindex, BPF_XDP, NULL),
	    EXPECT(EINVAL, EPERM, EBADF));
}

/* ------------------------------------------------------------------ by path */

static void change_one(const char *path, const char *name, bool gone)
{
	/* who may not enter the directory is told so, whatever he asks for */
	const int *not_mine = gone ? EXPECT(EACCES) : EXPECT(EPERM);

	TRY(named("chmod", name), chmod(path, 0777), not_mine);
	TRY(named("chown", name), chown(path, getuid(), getgid()), not_mine);
	TRY(named("set times of", name), utimensat(AT_FDCWD, path, (struct timespec[2]){ { 1, 0 }, { 1, 0 } }, 0),
	    gone ? EXPECT(EACCES) : EXPECT(EPERM, EACCES));
	TRY(named("set an attribute of", name), setxattr(path, "user.x", "x", 1, 0),
	    gone ? EXPECT(EACCES) : EXPECT(EOPNOTSUPP, EPERM, EACCES));
	TRY(named("unlink", name), unlink(path), EXPECT(EACCES, EISDIR));
	TRY(named("rmdir", name), rmdir(path), EXPECT(EACCES, EBUSY, ENOTDIR));
	TRY(named("rename", name), rename(path, path_of(root, "mine")), EXPECT(EACCES, EBUSY, EXDEV));
	TRY(named("rename over", name), rename("mine", path), EXPECT(EACCES, EBUSY, EXDEV));
	TRY(named("link", name), link(path, path_of(root, "mine")), EXPECT(EACCES, EPERM));
	TRY(named("mount on", name), mount("none", path, "tmpfs", 0, NULL), EXPECT(EPERM, EACCES));
}

static void change_paths(int pinnable)
{
	const char *const pins[] = {
		RS_PIN_RING, RS_PIN_BELL, RS_PIN_COUNTERS, RS_PIN_ABOUT, RS_DIR_ROOT,
		of_flows ? RS_DIR_ROOT "/tick" : RS_DIR_ROOT "/" RS_PIN_XDP,
		of_flows ? RS_DIR_ROOT "/" RS_DIR_STATE "/gate" : RS_DIR_ROOT "/" RS_PIN_XDP_LINK,
		of_flows ? RS_PIN_PROCESSES : RS_PIN_ABOUT,
	};
	static const char *const directories[] = { "the pin root", "the source", "root/", "the stage" };
	char where[4][768];

	snprintf(where[0], sizeof(where[0]), "%s", root);
	snprintf(where[1], sizeof(where[1]), "%s", source);
	snprintf(where[2], sizeof(where[2]), "%s/" RS_DIR_ROOT, source);
	snprintf(where[3], sizeof(where[3]), "%s/%s", root, RS_DIR_STAGE);

	/* "mine" is in the working directory, which is writable */
	close(open("mine", O_CREAT | O_WRONLY, 0600));
	for (size_t i = 0; i < sizeof(pins) / sizeof(pins[0]); i++)
		change_one(path_of(source, pins[i]), pins[i],
			   !may_read || !strncmp(pins[i], RS_DIR_ROOT "/", strlen(RS_DIR_ROOT "/")));
	change_one(where[0], "the pin root", false);
	change_one(where[1], "the source", false);
	change_one(where[3], "the stage", false);
	unlink("mine");

	for (int i = 0; i < 4; i++) {
		TRY(named("mkdir in", directories[i]), mkdir(path_of(where[i], "evil"), 0777), EXPECT(EACCES));
		TRY(named("symlink in", directories[i]), symlink("/etc", path_of(where[i], "evil")), EXPECT(EACCES));
		TRY(named("mknod in", directories[i]), mknod(path_of(where[i], "evil"), S_IFIFO | 0666, 0), EXPECT(EACCES));
		TRY(named("create in", directories[i]), open(path_of(where[i], "evil"), O_CREAT | O_RDWR, 0666),
		    EXPECT(EACCES));
		if (pinnable >= 0)
			TRY(named("pin into", directories[i]), bpf_obj_pin(pinnable, path_of(where[i], "evil")),
			    EXPECT(EACCES));
	}
	if (pinnable >= 0) {
		TRY("pin over about", bpf_obj_pin(pinnable, path_of(source, RS_PIN_ABOUT)), EXPECT(EACCES, EEXIST));
		TRY("pin over ring", bpf_obj_pin(pinnable, path_of(source, RS_PIN_RING)), EXPECT(EACCES, EEXIST));
	}
	TRY("exchange the source and the stage",
	    renameat2(AT_FDCWD, where[1], AT_FDCWD, where[3], RENAME_EXCHANGE), EXPECT(EACCES));
	TRY("unmount the pin root", umount2(root, MNT_DETACH), EXPECT(EPERM));
	TRY("mount over the pin root", mount("none", root, "bpf", 0, NULL), EXPECT(EPERM));
	TRY("remount the pin root", mount("none", root, NULL, MS_REMOUNT | MS_RDONLY, NULL), EXPECT(EPERM));
	TRY("truncate about", truncate(path_of(source, RS_PIN_ABOUT), 0), EXPECT(EACCES));
	/* The ring's pin is writable to who may map it: a file's size and times are
	 * all that can be changed by that, and nobody looks at them.
	 */
	TRY_AS("touch ring", utimensat(AT_FDCWD, path_of(source, RS_PIN_RING), NULL, 0), EXPECT(0), EXPECT(EACCES));
	TRY_AS("truncate ring", truncate(path_of(source, RS_PIN_RING), 0), EXPECT(0, EPERM, EINVAL), EXPECT(EACCES));
	TRY_AS("open(2) ring read-write", open(path_of(source, RS_PIN_RING), O_RDWR), EXPECT(EIO), EXPECT(EACCES));
	TRY_AS("open(2) about read-write", open(path_of(source, RS_PIN_ABOUT), O_RDWR), EXPECT(EACCES), EXPECT(EACCES));
}

/* ------------------------------------------------------------------ by number */

static void take_by_id(int count, char **ids)
{
	__u32 next;

	TRY("first program id", bpf_prog_get_next_id(0, &next), EXPECT(EPERM));
	TRY("first map id", bpf_map_get_next_id(0, &next), EXPECT(EPERM));
	TRY("first link id", bpf_link_get_next_id(0, &next), EXPECT(EPERM));
	for (int i = 0; i < count; i++) {
		__u32 id = (__u32)atoi(strchr(ids[i], ':') + 1);

		switch (ids[i][0]) {
		case 'p': TRY(named("program by id", ids[i]), bpf_prog_get_fd_by_id(id), EXPECT(EPERM)); break;
		case 'm': TRY(named("map by id", ids[i]), bpf_map_get_fd_by_id(id), EXPECT(EPERM)); break;
		case 'l': TRY(named("link by id", ids[i]), bpf_link_get_fd_by_id(id), EXPECT(EPERM)); break;
		}
	}
}

/* ------------------------------------------------------------------ programs of his own */

/* r0 = lookup(ring, 0); if (r0) *(u64 *)r0 = -1; return 0: freezing does not keep
 * programs from writing, so nobody else may be able to load one.
 */
static int load_writer(enum bpf_prog_type type, int ring)
{
	struct bpf_insn program[] = {
		{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = 10, .off = -4, .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -4 },
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = ring },
		{},
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 0, .off = 1, .imm = 0 },
		{ .code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = 0, .imm = -1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(type, "hostile", "GPL", program, sizeof(program) / sizeof(program[0]), NULL);
}

static void load_programs(int ring)
{
	TRY("load an xdp program", load_writer(BPF_PROG_TYPE_XDP, ring), EXPECT(EPERM));
	TRY("load a tc program", load_writer(BPF_PROG_TYPE_SCHED_CLS, ring), EXPECT(EPERM));
	/* kernel.unprivileged_bpf_disabled says whether */
	TRY("load a socket filter that writes the ring", load_writer(BPF_PROG_TYPE_SOCKET_FILTER, ring),
	    EXPECT(EPERM));
	/* kernels up to early 2026 (6.12.95 among them) ask nobody's privilege when no program is named,
	 * and only refuse because ours is attached by a link, which a detach cannot take off: EBUSY */
	TRY("detach tcx egress", bpf(BPF_PROG_DETACH, &(union bpf_attr){
		.target_fd = ifindex, .attach_type = ATTACH_TCX_EGRESS }), EXPECT(EPERM, EINVAL, EBUSY));
	TRY("query tcx egress", bpf(BPF_PROG_QUERY, &(union bpf_attr){ .query = {
		.target_fd = ifindex, .attach_type = ATTACH_TCX_EGRESS } }), EXPECT(EPERM, EINVAL));
}

struct request {
	struct nlmsghdr head;
	union {
		struct ifinfomsg link;
		struct tcmsg tc;
	};
	char attributes[256];
};

static struct rtattr *attribute(struct request *r, int type, const void *value, size_t size)
{
	struct rtattr *a = (struct rtattr *)((char *)r + NLMSG_ALIGN(r->head.nlmsg_len));

	a->rta_type = (unsigned short)type;
	a->rta_len = (unsigned short)RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(a), value, size);
	r->head.nlmsg_len = NLMSG_ALIGN(r->head.nlmsg_len) + RTA_ALIGN(a->rta_len);
	return a;
}

static int ask(struct request *r)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char rest[512];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t size;

	r->head.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (fd < 0 || send(fd, r, r->head.nlmsg_len, 0) < 0)
		return -1;
	size = recv(fd, &answer, sizeof(answer), 0);
	close(fd);
	if (size < (ssize_t)NLMSG_LENGTH(sizeof(answer.error)) || answer.head.nlmsg_type != NLMSG_ERROR)
		return errno = EPROTO, -1;
	errno = -answer.error.error;
	return answer.error.error ? -1 : 0;
}

static int ask_xdp(int program, __u32 flags)
{
	struct request r = { .head = { .nlmsg_len = NLMSG_LENGTH(sizeof(r.link)), .nlmsg_type = RTM_SETLINK },
			     .link = { .ifi_index = (int)ifindex } };
	struct rtattr *xdp = attribute(&r, IFLA_XDP | NLA_F_NESTED, NULL, 0);

	attribute(&r, IFLA_XDP_FD, &program, sizeof(program));
	attribute(&r, IFLA_XDP_FLAGS, &flags, sizeof(flags));
	xdp->rta_len = (unsigned short)((char *)&r + r.head.nlmsg_len - (char *)xdp);
	return ask(&r);
}

static int ask_link(int type, unsigned int flags)
{
	struct request r = { .head = { .nlmsg_len = NLMSG_LENGTH(sizeof(r.link)), .nlmsg_type = (__u16)type },
			     .link = { .ifi_index = (int)ifindex, .ifi_flags = flags, .ifi_change = 1 } };

	return ask(&r);
}

static int ask_tc(int type, __u32 parent, __u32 handle, __u32 info, const char *kind)
{
	struct request r = { .head = { .nlmsg_len = NLMSG_LENGTH(sizeof(r.tc)), .nlmsg_type = (__u16)type,
				       .nlmsg_flags = NLM_F_CREATE },
			     .tc = { .tcm_ifindex = (int)ifindex, .tcm_parent = parent, .tcm_handle = handle,
				     .tcm_info = info } };

	attribute(&r, TCA_KIND, kind, strlen(kind) + 1);
	return ask(&r);
}

static void ask_netlink(int ring)
{
	__u32 egress = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS), ours = RS_TC_PRIORITY << 16 | 0x0300 /* ETH_P_ALL */;

	TRY("netlink: take the xdp program off", ask_xdp(-1, 0), EXPECT(EPERM));
	TRY("netlink: take native xdp off", ask_xdp(-1, XDP_FLAGS_DRV_MODE), EXPECT(EPERM));
	TRY("netlink: take generic xdp off", ask_xdp(-1, XDP_FLAGS_SKB_MODE), EXPECT(EPERM));
	TRY("netlink: attach an xdp program", ask_xdp(ring, 0), EXPECT(EPERM));
	TRY("netlink: interface down", ask_link(RTM_NEWLINK, 0), EXPECT(EPERM));
	TRY("netlink: remove the interface", ask_link(RTM_DELLINK, 0), EXPECT(EPERM));
	TRY("netlink: add clsact", ask_tc(RTM_NEWQDISC, TC_H_CLSACT, TC_H_MAKE(TC_H_CLSACT, 0), 0, "clsact"),
	    EXPECT(EPERM));
	TRY("netlink: remove clsact", ask_tc(RTM_DELQDISC, TC_H_CLSACT, TC_H_MAKE(TC_H_CLSACT, 0), 0, "clsact"),
	    EXPECT(EPERM));
	TRY("netlink: add a tc filter", ask_tc(RTM_NEWTFILTER, egress, 1, ours, "bpf"), EXPECT(EPERM));
	TRY("netlink: remove the tc filter", ask_tc(RTM_DELTFILTER, egress, RS_TC_HANDLE, ours, "bpf"), EXPECT(EPERM));
}

/* ------------------------------------------------------------------ as root of his own */

/* In a user namespace he has every capability, over nothing that is not his. */
static void try_in_own_namespace(void)
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		attempts = wrong = 0;
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS)) {
			printf("--    no user namespaces here: %s\n", error_name(errno));
			fflush(stdout);
			_exit(0);
		}
		TRY("own namespace: open root/xdp", open_pin(RS_DIR_ROOT "/" RS_PIN_XDP, 0), EXPECT(EACCES));
		TRY("own namespace: list root/", open(path_of(source, RS_DIR_ROOT), O_RDONLY), EXPECT(EACCES));
		TRY("own namespace: list the stage", open(path_of(root, RS_DIR_STAGE), O_RDONLY), EXPECT(EACCES));
		TRY("own namespace: chmod the source", chmod(source, 0777), EXPECT(EPERM));
		TRY("own namespace: chown the source", chown(source, getuid(), getgid()), EXPECT(EPERM, EINVAL));
		TRY("own namespace: unlink about", unlink(path_of(source, RS_PIN_ABOUT)), EXPECT(EACCES));
		TRY("own namespace: mkdir in the pin root", mkdir(path_of(root, "evil"), 0777), EXPECT(EACCES));
		TRY_AS("own namespace: open counters read-write", open_pin(RS_PIN_COUNTERS, 0), EXPECT(EACCES), EXPECT(EACCES));
		TRY("own namespace: unmount the pin root", umount2(root, MNT_DETACH), EXPECT(EINVAL, EPERM));
		TRY("own namespace: program id", bpf_prog_get_next_id(0, &(__u32){ 0 }), EXPECT(EPERM));
		TRY("own namespace: load a socket filter", load_writer(BPF_PROG_TYPE_SOCKET_FILTER, -1), EXPECT(EPERM));
		TRY("own namespace: take the xdp program off", ask_xdp(-1, 0), EXPECT(EPERM));
		fflush(stdout);
		_exit(wrong ? 1 : 0);
	}
	waitpid(child, &status, 0);
	wrong += !WIFEXITED(status) || WEXITSTATUS(status);
}

/* ------------------------------------------------------------------ locks */

static void lock_one(const char *path, const char *name, const int *expected)
{
	int fd;

	TRY(named("lock", name),
	    (fd = open(path, O_RDONLY | O_DIRECTORY)) < 0 ? -1 : flock(fd, LOCK_EX | LOCK_NB), expected);
	if (fd >= 0)
		TRY(named("lease", name), fcntl(fd, F_SETLEASE, F_WRLCK), EXPECT(EACCES, EINVAL));
}

static void lock_directories(void)
{
	/* that these succeed is why the loader's lock is elsewhere */
	lock_one(root, "the pin root", EXPECT(0));
	lock_one(source, "the source", may_read ? EXPECT(0) : EXPECT(EACCES));
	lock_one(path_of(source, RS_DIR_ROOT), "root/", EXPECT(EACCES));
	lock_one(path_of(root, RS_DIR_STAGE), "the stage", EXPECT(EACCES));
}

/* ------------------------------------------------------------------ try, storm, hold */

static int try_all(int count, char **ids)
{
	static const struct { const char *name; size_t size; } readonly[] = {
		{ RS_PIN_BELL, 8 }, { RS_PIN_COUNTERS, sizeof(struct rs_counters) }, { RS_PIN_ABOUT, sizeof(struct rs_about) },
		{ RS_PIN_PROCESSES, 2048 }, /* and more than that */
	};
	size_t slot = of_flows ? RS_FLOW_SLOT_SIZE : RS_SLOT_SIZE;
	int ring, fd;

	ring = try_open(RS_PIN_RING, 0, EXPECT(0), EXPECT(EACCES));
	write_by_call(RS_PIN_RING, ring, slot);
	write_by_mapping(RS_PIN_RING, ring, EXPECT(0));
	widen(RS_PIN_RING, ring);
	fd = try_open(RS_PIN_RING, BPF_F_WRONLY, EXPECT(0), EXPECT(EACCES));
	write_by_call("ring, opened write-only,", fd, slot);
	write_by_mapping("ring, opened write-only,", fd, EXPECT(EACCES));
	for (int i = 0; i < (of_flows ? 4 : 3); i++) {
		try_open(readonly[i].name, 0, EXPECT(EACCES), EXPECT(EACCES));
		try_open(readonly[i].name, BPF_F_WRONLY, EXPECT(EACCES), EXPECT(EACCES));
		fd = try_open(readonly[i].name, BPF_F_RDONLY, EXPECT(0), EXPECT(EACCES));
		write_by_call(readonly[i].name, fd, readonly[i].size);
		write_by_mapping(readonly[i].name, fd, EXPECT(EINVAL, EPERM, EOPNOTSUPP, ENOTSUPP_OF_KERNEL));
		widen(readonly[i].name, fd);
	}
	open_what_is_for_root();
	change_paths(ring);
	take_by_id(count, ids);
	load_programs(ring);
	ask_netlink(ring);
	lock_directories();
	try_in_own_namespace();
	printf("%d attempts, %d wrong\n", attempts, wrong);
	return wrong ? 1 : 0;
}

/* Everything that is allowed, without a pause: opening, mapping, looking, and
 * touching the ring's pin, which every reader is told of.
 */
static void storm(void)
{
	for (;;) {
		void *memory;
		__u32 key = 0;
		char value[RS_FLOW_SLOT_SIZE]; /* the larger one */
		int ring = open_pin(RS_PIN_RING, 0), bell = open_pin(RS_PIN_BELL, BPF_F_RDONLY);

		if (ring >= 0 && !map(ring, PROT_READ, MAP_SHARED, 0, &memory)) {
			madvise(memory, (size_t)sysconf(_SC_PAGESIZE), MADV_DONTNEED);
			munmap(memory, (size_t)sysconf(_SC_PAGESIZE));
		}
		if (ring >= 0)
			bpf_map_lookup_elem(ring, &key, value);
		utimensat(AT_FDCWD, path_of(source, RS_PIN_RING), NULL, 0);
		close(ring);
		close(bell);
	}
}

/* As many descriptors, mappings, locks and places as can be had; a mount of his
 * own on the source, in a namespace of his own; and a working directory inside.
 */
static void hold(void)
{
	static const char *const readonly[] = { RS_PIN_BELL, RS_PIN_COUNTERS, RS_PIN_ABOUT, RS_PIN_PROCESSES };
	void *memory;
	int fd, held = 0;

	may_read = true;
	for (int i = 0; i < 20; i++) {
		fd = open_pin(RS_PIN_RING, 0);
		held += fd >= 0 && !map(fd, PROT_READ, MAP_SHARED, 0, &memory);
		for (int j = 0; j < (of_flows ? 4 : 3); j++)
			held += open_pin(readonly[j], BPF_F_RDONLY) >= 0;
		fd = open(i % 2 ? root : source, O_RDONLY | O_DIRECTORY);
		held += fd >= 0 && !flock(fd, i < 2 ? LOCK_EX | LOCK_NB : LOCK_SH | LOCK_NB);
	}
	if (fork() == 0) {
		held += chdir(root) == 0;
		pause();
	}
	if (fork() == 0) {
		if (!unshare(CLONE_NEWUSER | CLONE_NEWNS))
			mount("none", source, "tmpfs", 0, NULL);
		pause();
	}
	held += chdir(source) == 0;
	printf("holding %d\n", held);
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	snprintf(root, sizeof(root), "%s", argv[2]);
	snprintf(source, sizeof(source), "%s/%s", argv[2], argv[3]);
	of_flows = !strcmp(argv[3], RS_SOURCE_FLOWS);
	if (!strcmp(argv[1], "storm"))
		storm();
	if (!strcmp(argv[1], "hold"))
		hold();
	if (argc < 6)
		return 2;
	ifindex = (unsigned int)atoi(argv[4]);
	may_read = !strcmp(argv[5], "in");
	return try_all(argc - 6, argv + 6);
}
