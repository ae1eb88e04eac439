#!/bin/bash
# What cannot be done is said in one line, with at most a hint, and leaves nothing half-made: no root, no such interface, bad names,
# no compiler, errors in a program, a pin root that cannot be, a namespace that ends with the command.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults-lib.sh"

make_link rs0 0

says 1 '^ringside-loader: load: Operation not permitted$' "${nobody[@]}" "$loader" load rs0
says 1 '^ringside-loader: unload: Operation not permitted$' "${nobody[@]}" "$loader" unload --all
says 1 '^ringside-loader: interface nosuch0: No such device$' "$loader" load nosuch0
says 1 '^ringside-loader: interface nosuch0: No such device$' "$loader" load rs0 nosuch0
says 1 '^ringside-loader: interface abcdefghijklmnop: not a name an interface can have$' "$loader" load abcdefghijklmnop
says 1 '^ringside-loader: interface a/b: not a name' "$loader" load a/b
says 1 '^ringside-loader: interface : not a name' "$loader" load ""
says 1 '^ringside-loader: unload \.\./x: ' "$loader" unload ../x
says 1 '^ringside-loader: unload rs0: it is not loaded$' "$loader" unload rs0
says 2 '^ringside-loader: load: rs0 is named twice$' "$loader" load rs0 rs0
says 2 '^ringside-loader: load: no interface given$' "$loader" load
says 1 '^ringside-loader: group nosuch: there is no such group$' "$loader" load -g nosuch rs0
says 2 '^ringside-loader: ring size 1: must be ' "$loader" load --ring-size 1 rs0
says 2 '^ringside-reader: source a/b: not a name an interface can have$' "${nobody[@]}" "$reader" a/b
says 1 '^ringside-reader: nothing is loaded that may be read$' "${nobody[@]}" "$reader" --once
untouched rs0

# programs of one's own
says 1 '^ringside-loader: compile: run /nosuch/clang: No such file or directory$' env CLANG=/nosuch/clang "$loader" load --compile rs0
says 1 "^ringside-loader: compile $work/nosuch.bpf.c: No such file or directory$" "$loader" load --source "$work/nosuch.bpf.c" rs0
says 1 "^ringside-loader: compile $work: Is a directory$" "$loader" load --source "$work" rs0
if command -v clang >/dev/null; then
	printf 'int x = 1;\nint y = "wrong" * 2;\n' >"$work/broken.bpf.c"
	! "$loader" load --source "$work/broken.bpf.c" rs0 >"$work/stdout" 2>"$work/stderr" || fail "a broken program was loaded"
	grep -q "^$work/broken.bpf.c:2:17: error: invalid operands" "$work/stderr" || fail "the compiler's words: $(cat "$work/stderr")"
	grep -q "^  *2 | int y = \"wrong\" \* 2;\|^int y = \"wrong\" \* 2;" "$work/stderr" || fail "the line: $(cat "$work/stderr")"
	tail -n 1 "$work/stderr" | grep "^ringside-loader: compile $work/broken.bpf.c: the compiler found errors$" >/dev/null || fail "$(cat "$work/stderr")"
fi
untouched rs0

# pin roots that cannot be
touch "$work/file"
says 1 "^ringside-loader: .*$work/file: (Not a directory|File exists)$" "$loader" load --pin-root "$work/file" rs0
says 1 "^ringside-loader: .*$work/file/x: Not a directory$" "$loader" load --pin-root "$work/file/x" rs0
says 1 "^ringside-loader: make directory $work/no/such: No such file or directory$" "$loader" load --pin-root "$work/no/such" rs0
says 1 "^ringside-loader: status: $work/file: Not a directory$" "$loader" status --pin-root "$work/file"
says 2 "^ringside-loader: pin root x: must be an absolute path" "$loader" load --pin-root x rs0
mkdir "$work/readonly"
mount -t tmpfs -o ro tmpfs "$work/readonly"
says 1 "^ringside-loader: make directory $work/readonly/x: Read-only file system$" "$loader" load --pin-root "$work/readonly/x" rs0
equal "what is in the file" "" "$(cat "$work/file")"
! grep -q " $work/[^ ]* bpf " /proc/self/mounts || fail "a mount is left: $(grep bpf /proc/self/mounts)"
untouched rs0

# a pin root that has become read-only: loaded it stays
"$loader" load -m 0666 rs0 >/dev/null
mount -o remount,ro "$pin_root"
says 1 ': Read-only file system$' "$loader" load rs0
mount -o remount,rw "$pin_root"
start_reader "$work/all" rs0
sees_ping "$work/all" 0
stop_reader "$reader_pid"
"$loader" unload rs0 >/dev/null
untouched rs0

# where everybody may load programs, a reader's could write to the ring
echo 0 >"$work/zero"
mount --bind "$work/zero" /proc/sys/kernel/unprivileged_bpf_disabled
for only in "" --no-flows --no-icmp; do
	# shellcheck disable=SC2086 # a word or none
	says 1 '^ringside-loader: load (rs0|flows): everybody may load BPF programs here, so a reader could write to the ring$' "$loader" load -m 0660 $only rs0
done
untouched rs0
"$loader" load -m 0600 rs0 >/dev/null
"$loader" unload rs0 >/dev/null
umount /proc/sys/kernel/unprivileged_bpf_disabled

# `ip netns exec` has a mount namespace of its own, which ends with the command
says 1 "^ringside-loader: mount bpffs on $pin_root: this is a mount namespace of its own" ip netns exec peer "$loader" load peer0
grep -q '^  instead of ip netns exec NAME, use nsenter --net=/run/netns/NAME; or name a place with --pin-root$' "$work/stderr" ||
	fail "no hint: $(cat "$work/stderr")"
untouched rs0
nsenter --net=/run/netns/peer "$loader" load -m 0666 peer0 >/dev/null
start_reader "$work/peer" peer0
sees_ping "$work/peer" 0
nsenter --net=/run/netns/peer "$loader" unload peer0 >/dev/null
untouched rs0
