#!/bin/bash
# More readers than a user may have inotify instances: all of them follow, and learn of new sources.
. "$(dirname "$0")/lib.sh"

make_link rs0 0
"$loader" load --no-flows -m 0666 rs0 >/dev/null
# the limit of the machine is often 128; where it may be changed, fewer will do
sysctl -qw user.max_inotify_instances=8 2>/dev/null || true
limit=$(sort -n /proc/sys/user/max_inotify_instances /proc/sys/fs/inotify/max_user_instances | head -n 1)
[ "$limit" -le 512 ] || skip "a user may have $limit inotify instances here, and that cannot be changed"
readers=$((limit + 8))
pids=()
for i in $(seq $readers); do
	launch_reader "$work/$i" -n 20 --type 8,0
	pids+=("$reader_pid")
done
for i in $(seq $readers); do
	wait_for 20 grep -sq following "$work/$i.err"
done
pings 5 10.9.0.2
make_link rs1 1
"$loader" load --no-flows -m 0666 rs1 >/dev/null
for i in $(seq $readers); do
	wait_for 20 grep -sq "rs1: following" "$work/$i.err"
done
pings 5 10.9.1.2
for pid in "${pids[@]}"; do
	wait "$pid" || fail "a reader ended with status $?"
done
for i in $(seq $readers); do
	equal "reader $i" 20 "$(wc -l <"$work/$i")"
done
without=$readers
for i in $(seq $readers); do grep -q . "$work/$i" && without=$((without - 1)); done
equal "readers without records" 0 $without
