// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi.h"
#include "compile.h"
#include "loader.h"

#define NOBODY 65534
/* libbpf's macros for the arguments of kprobes ask for it */
#ifdef __aarch64__
#define TARGET_ARCH "-D__TARGET_ARCH_arm64"
#else
#define TARGET_ARCH "-D__TARGET_ARCH_x86"
#endif
#define OBJECT_MAX (16 << 20) /* far beyond any BPF object; a runaway compiler ends here */

/* The sources: beside the binary in a checkout, else where they were installed. */
static int find_sources(char dir[PATH_MAX])
{
	char exe[PATH_MAX], probe[PATH_MAX + 16];
	ssize_t length = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (length > 0) {
		exe[length] = '\0';
		snprintf(dir, PATH_MAX, "%.*s/..", PATH_MAX - 8, dirname(exe));
		snprintf(probe, sizeof(probe), "%s/bpf/abi.h", dir);
		if (access(probe, R_OK) == 0)
			return 0;
	}
	snprintf(dir, PATH_MAX, "%s", SHARE_DIR);
	snprintf(probe, sizeof(probe), "%s/bpf/abi.h", dir);
	if (access(probe, R_OK) == 0)
		return 0;
	warn("compile: the sources in %s", SHARE_DIR);
	hint("make install puts them there");
	return -1;
}

/* A copy that the compiler reads from its standard input, so that FILE may be
 * anywhere that only root can look; the marker makes messages name it.
 */
static int open_source(const char *file)
{
	int in = open(file, O_RDONLY | O_CLOEXEC), copy = -1;
	char buffer[65536];
	struct stat st;
	ssize_t size;

	if (in < 0 || fstat(in, &st) || !S_ISREG(st.st_mode)) {
		if (in >= 0 && !S_ISREG(st.st_mode))
			errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		warn("compile %s", file);
		goto done;
	}
	copy = memfd_create("source", MFD_CLOEXEC);
	if (copy < 0 || dprintf(copy, "# 1 \"%s\"\n", file) < 0) {
		warn("compile %s", file);
		goto done;
	}
	while ((size = read(in, buffer, sizeof(buffer))) > 0)
		if (write(copy, buffer, (size_t)size) != size)
			break;
	lseek(copy, 0, SEEK_SET);
done:
	if (in >= 0)
		close(in);
	return copy;
}

/* Never root: the user who called sudo, else nobody. A number that is no number
 * counts as none.
 */
static unsigned int unprivileged(const char *variable)
{
	const char *text = getenv(variable);
	unsigned long id = text ? strtoul(text, NULL, 10) : 0;

	return id > 0 && id < UINT_MAX ? (unsigned int)id : NOBODY;
}

/* Here privilege ends: what follows is the compiler and whatever it is fed. */
static int drop_privileges(void)
{
	const struct rlimit seconds = { 60, 60 }, bytes = { OBJECT_MAX, OBJECT_MAX };
	unsigned int uid = unprivileged("SUDO_UID"), gid = unprivileged("SUDO_GID");

	if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || chdir("/"))
		return -1;
	return setrlimit(RLIMIT_CPU, &seconds) || setrlimit(RLIMIT_FSIZE, &bytes);
}

static void run_compiler(const char *sources, const char *file, int in, int out)
{
	const char *clang = getenv("CLANG") ?: "clang";
	char bpf[PATH_MAX + 8], vmlinux[PATH_MAX + 16], beside[PATH_MAX];
	char *copy = strdup(file);
	const char *const arguments[] = {
		clang, "-target", "bpf", "-O2", "-g", "-Wall", TARGET_ARCH, "-I", bpf, "-I", vmlinux,
		"-iquote", beside, "-x", "c", "-c", "-", "-o", "-", NULL,
	};

	snprintf(bpf, sizeof(bpf), "%s/bpf", sources);
	snprintf(vmlinux, sizeof(vmlinux), "%s/vmlinux", sources);
	if (!copy || !realpath(dirname(copy), beside))
		beside[0] = '\0';
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || drop_privileges()) {
		warn("compile: give privileges up");
		_exit(EXIT_FAILED);
	}
	clearenv();
	setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	execvp(clang, (char *const *)arguments);
	warn("compile: run %s", clang);
	hint("without --compile and --source no compiler is needed; Debian: apt install clang libbpf-dev");
	_exit(127);
}

static int read_object(int fd, struct image *image)
{
	char *bytes = malloc(OBJECT_MAX);
	ssize_t size;

	if (!bytes)
		return -1;
	image->bytes = image->compiled = bytes;
	image->size = 0;
	while ((size = read(fd, bytes + image->size, OBJECT_MAX - image->size)) > 0)
		image->size += (size_t)size;
	return size < 0 ? -1 : 0;
}

int compile(const char *file, bool installed, struct image *image)
{
	char sources[PATH_MAX], path[PATH_MAX + 32];
	int in = -1, out[2] = { -1, -1 }, status = 0, error = -1;
	pid_t pid;

	if (find_sources(sources))
		return -1;
	image->name = installed ? "compiled" : file;
	if (installed) {
		snprintf(path, sizeof(path), "%s/bpf/%s", sources, file);
		file = path;
	}
	in = open_source(file);
	if (in < 0)
		return -1;
	if (pipe2(out, O_CLOEXEC)) {
		warn("compile %s", file);
		goto done;
	}
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		run_compiler(sources, file, in, out[1]);
	close(out[1]);
	out[1] = -1;
	if (pid < 0 || read_object(out[0], image) || waitpid(pid, &status, 0) != pid) {
		warn("compile %s", file);
		goto done;
	}
	if (status != 0 || image->size == 0) {
		if (WIFSIGNALED(status))
			warnx("compile %s: the compiler was ended by signal %d", file, WTERMSIG(status));
		else if (WEXITSTATUS(status) != 127)
			warnx("compile %s: the compiler found errors", file);
		goto done;
	}
	error = 0;
done:
	for (int i = 0; i < 2; i++)
		if (out[i] >= 0)
			close(out[i]);
	close(in);
	if (error) {
		free(image->compiled);
		image->compiled = NULL;
	}
	return error;
}
