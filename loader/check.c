// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* check.c - what this machine can do before anything is loaded; works without root as far as it can. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/ethtool.h>
#include <linux/magic.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "hooks.h"
#include "loader.h"

enum verdict { OK, WEAKER, MISSING, UNKNOWN };

static bool cannot_load;

/* A fact; then, for a shortage, what it costs and what to do. */
static void say(enum verdict verdict, const char *what, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void say(enum verdict verdict, const char *what, const char *format, ...)
{
	static const char *const marks[] = { "ok", "weaker", "MISSING", "unknown" };
	va_list arguments;

	printf("%-8s %-16s ", marks[verdict], what);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

static void cost(const char *costs, const char *remedy)
{
	printf("%25s costs: %s\n", "", costs);
	printf("%25s to do: %s\n", "", remedy);
}

static bool read_line(const char *path, char *line, int size)
{
	FILE *file = fopen(path, "re");
	bool read = file && fgets(line, size, file);

	if (file)
		fclose(file);
	if (read)
		line[strcspn(line, "\n")] = '\0';
	return read;
}

static bool file_has(const char *path, const char *word)
{
	char line[512];
	FILE *file = fopen(path, "re");
	bool has = false;

	while (file && !has && fgets(line, sizeof(line), file))
		has = strstr(line, word) != NULL;
	if (file)
		fclose(file);
	return has;
}

/* ------------------------------------------------------------------ the kernel */

static void check_kernel(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	if (major > 6 || (major == 6 && minor >= 1)) {
		say(OK, "kernel", "%s", name.release);
		return;
	}
	say(WEAKER, "kernel", "%s: older than 6.1, which is the oldest that is tested", name.release);
	cost("what is missing shows below", "a kernel from 6.1 on");
}

/* Returns the kernel's BTF, the caller's to free, or NULL. */
static struct btf *check_btf(void)
{
	struct btf *btf = btf__load_vmlinux_btf();

	if (btf && !libbpf_get_error(btf)) {
		say(OK, "BTF", "/sys/kernel/btf/vmlinux, %u types", btf__type_cnt(btf));
		return btf;
	}
	say(MISSING, "BTF", "the kernel does not describe its types");
	cost("nothing can be loaded", "a kernel with CONFIG_DEBUG_INFO_BTF=y");
	cannot_load = true;
	return NULL;
}

static bool has_enumerator(const struct btf *btf, const char *type, const char *enumerator)
{
	int id = btf ? btf__find_by_name_kind(btf, type, BTF_KIND_ENUM) : -1;
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

	for (int i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_enum(t)[i].name_off), enumerator))
			return true;
	return false;
}

static void check_features(const struct btf *btf)
{
	if (has_enumerator(btf, "bpf_map_type", "BPF_MAP_TYPE_USER_RINGBUF")) {
		say(OK, "bell", "user ring buffer maps");
	} else {
		say(MISSING, "bell", "no BPF_MAP_TYPE_USER_RINGBUF (kernel 6.1)");
		cost("nothing can be loaded: readers could not be woken", "a kernel from 6.1 on");
		cannot_load = true;
	}
	if (has_enumerator(btf, "bpf_attach_type", "BPF_TCX_EGRESS"))
		say(OK, "egress", "TCX links");
	else
		say(OK, "egress", "clsact filter (no TCX links before kernel 6.6)");
}

static bool has_capability(int capability)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};

	return !syscall(SYS_capget, &head, data) && (data[capability / 32].effective >> (capability % 32) & 1);
}

static void check_capabilities(void)
{
	static const struct { int number; const char *name; } needed[] = {
		{ CAP_BPF, "CAP_BPF" }, { CAP_NET_ADMIN, "CAP_NET_ADMIN" }, { CAP_PERFMON, "CAP_PERFMON" },
		{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN (to mount)" },
	};
	char lacking[128] = "";

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!has_capability(needed[i].number))
			snprintf(lacking + strlen(lacking), sizeof(lacking) - strlen(lacking), "%s%s",
				 *lacking ? ", " : "", needed[i].name);
	if (!*lacking && geteuid() == 0) {
		say(OK, "capabilities", "all that load needs");
		return;
	}
	say(MISSING, "capabilities", "%s", *lacking ? lacking : "not uid 0");
	cost("load and unload are refused; readers need none of them", "sudo ringside-loader ...");
	cannot_load = true;
}

/* Only root may ask the verifier whether programs like ours pass. */
static void check_programs(void)
{
	int xdp, drain;

	if (!has_capability(CAP_BPF)) {
		say(UNKNOWN, "programs", "whether the kernel takes them shows only as root");
		return;
	}
	xdp = libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_XDP, NULL) == 1 &&
	      libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_SCHED_CLS, NULL) == 1;
	drain = libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_user_ringbuf_drain, NULL);
	if (xdp && drain == 1) {
		say(OK, "programs", "XDP and tc, with bpf_user_ringbuf_drain");
		return;
	}
	say(MISSING, "programs", "%s", xdp ? "XDP cannot call bpf_user_ringbuf_drain" : "no XDP or no tc programs");
	cost("nothing can be loaded", "a kernel from 6.1 on with CONFIG_BPF_SYSCALL, CONFIG_NET_CLS_BPF");
	cannot_load = true;
}

static void check_settings(void)
{
	char line[256];

	if (read_line("/proc/sys/kernel/unprivileged_bpf_disabled", line, sizeof(line))) {
		bool open = !strcmp(line, "0");
		say(open ? WEAKER : OK, "unprivileged BPF", "kernel.unprivileged_bpf_disabled = %s%s", line,
		    open ? ": every user may load programs" : "; opening pins is allowed all the same");
		if (open)
			cost("other readers than root: a program of theirs could write to the ring", "sysctl kernel.unprivileged_bpf_disabled=2");
	}
	if (read_line("/proc/sys/net/core/bpf_jit_enable", line, sizeof(line)) && !strcmp(line, "0")) {
		say(WEAKER, "JIT", "net.core.bpf_jit_enable = 0: programs are interpreted");
		cost("each packet takes several times as long", "sysctl net.core.bpf_jit_enable=1");
	} else {
		say(OK, "JIT", "programs are compiled");
	}
	if (!read_line("/sys/kernel/security/lockdown", line, sizeof(line))) {
		say(OK, "lockdown", "not there, or securityfs is not mounted");
	} else if (strstr(line, "[confidentiality]")) {
		say(WEAKER, "lockdown", "%s", line);
		cost("kprobes and reading kernel memory are refused; ICMP works", "boot with lockdown=integrity or none");
	} else {
		say(OK, "lockdown", "%s", line);
	}
}

/* ------------------------------------------------------------------ flows */

static void say_event(const char *event, const char *how, const char *weaker)
{
	say(!weaker ? OK : how ? WEAKER : MISSING, event, "%s", how ?: "no way to see it");
	if (weaker)
		printf("%25s without: %s\n", "", weaker);
}

static void check_flows(void)
{
	struct hooks hooks;

	if (hooks_init(&hooks, HOOKS_AUTO)) {
		say(MISSING, "flows", "TCP and UDP need the kernel's types");
		cost("TCP and UDP are not seen", "a kernel with CONFIG_DEBUG_INFO_BTF=y");
		return;
	}
	if (hooks.kprobes) {
		say(OK, "kprobes", "there");
	} else {
		say(WEAKER, "kprobes", "this kernel has none: tracepoints see most of TCP and UDP");
		cost("what is without something below; ICMP does not need them", "a kernel with CONFIG_KPROBES=y");
	}
	hooks_describe(&hooks, say_event);
	hooks_free(&hooks);
}

/* ------------------------------------------------------------------ files */

static void check_bpffs(const struct options *o)
{
	struct statfs fs;

	if (!file_has("/proc/filesystems", "\tbpf\n")) {
		say(MISSING, "bpffs", "the kernel has no bpf file system");
		cost("nothing can be pinned", "a kernel with CONFIG_BPF_SYSCALL");
		cannot_load = true;
	} else if (!statfs(o->pin_root, &fs) && fs.f_type == BPF_FS_MAGIC) {
		say(OK, "bpffs", "mounted on %s", o->pin_root);
	} else {
		say(OK, "bpffs", "load will mount one on %s", o->pin_root);
	}
}

static void check_compiler(void)
{
	const char *path = getenv("PATH") ?: "";
	char *copy = strdup(path), *rest = copy, *dir, file[512];
	bool clang = false;

	while (copy && (dir = strsep(&rest, ":"))) {
		snprintf(file, sizeof(file), "%s/clang", dir);
		clang = clang || access(file, X_OK) == 0;
	}
	free(copy);
	if (clang && access("/usr/include/bpf/bpf_helpers.h", R_OK) == 0) {
		say(OK, "compiler", "clang and libbpf's headers, for --compile and --source");
		return;
	}
	say(WEAKER, "compiler", "no %s", clang ? "bpf/bpf_helpers.h" : "clang");
	cost("load --compile and --source; without them no compiler is needed", "apt install clang libbpf-dev");
}

/* ------------------------------------------------------------------ interfaces */

/* Drivers with native XDP in Linux 6.1 (those that set XDP_SETUP_PROG in their
 * ndo_bpf); a kernel this side of 6.3 does not tell by itself.
 */
static const char *const xdp_drivers[] = {
	"atlantic", "bnxt_en", "bonding", "cpsw", "dpaa2-eth", "ena", "fsl_dpa", "fsl_dpaa2_eth", "fsl_enetc",
	"fsl_enetc_vf", "funeth", "hv_netvsc", "i40e", "ice", "igb", "igc", "ixgbe", "ixgbevf", "mana",
	"mlx4_en", "mlx5_core", "mtk_soc_eth", "mvneta", "mvpp2", "netdevsim", "netsec", "nfp", "nicvf", "qede",
	"rvu_nicpf", "sfc", "stmmac", "ti_cpsw", "tun", "veth", "virtio_net", "vif",
};

static void driver_of(int fd, const char *name, char driver[32])
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq request = { .ifr_data = (void *)&info };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	snprintf(driver, 32, "%s", ioctl(fd, SIOCETHTOOL, &request) ? "none" : info.driver);
}

static void check_interface(int fd, const char *name)
{
	DECLARE_LIBBPF_OPTS(bpf_xdp_query_opts, query);
	unsigned int ifindex = if_nametoindex(name);
	bool native = false;
	char driver[32];

	if (!ifindex) {
		say(MISSING, name, "%s", strerror(errno));
		cost("it cannot be loaded", "ip -br link lists the interfaces of this network namespace");
		cannot_load = true;
		return;
	}
	driver_of(fd, name, driver);
	for (size_t i = 0; i < sizeof(xdp_drivers) / sizeof(xdp_drivers[0]); i++)
		native = native || !strcmp(driver, xdp_drivers[i]);
	if (!bpf_xdp_query((int)ifindex, 0, &query) && query.prog_id) {
		say(WEAKER, name, "driver %s, an XDP program is attached already (id %u)", driver, query.prog_id);
		cost("load stops, unless that program is ringside's own", "load --replace takes its place");
	} else if (native) {
		say(OK, name, "driver %s: native XDP", driver);
	} else {
		say(WEAKER, name, "driver %s is not known to have native XDP", driver);
		cost("generic XDP: works, somewhat slower", "nothing; load tries native first all the same");
	}
}

static void check_interfaces(int count, char **interfaces)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct if_nameindex *all = count ? NULL : if_nameindex();

	for (int i = 0; i < count; i++)
		check_interface(fd, interfaces[i]);
	for (struct if_nameindex *i = all; i && i->if_index; i++)
		check_interface(fd, i->if_name);
	if (all)
		if_freenameindex(all);
	if (fd >= 0)
		close(fd);
}

int command_check(const struct options *o, int count, char **interfaces)
{
	struct btf *btf;

	check_kernel();
	btf = check_btf();
	check_features(btf);
	check_capabilities();
	check_programs();
	check_settings();
	check_flows();
	check_bpffs(o);
	check_compiler();
	check_interfaces(count, interfaces);
	btf__free(btf);
	printf("\n%s\n", cannot_load ? "load cannot work here as it is" : "load should work");
	return cannot_load ? EXIT_FAILED : EXIT_DONE;
}
