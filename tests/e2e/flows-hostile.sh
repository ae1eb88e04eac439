#!/bin/bash
# Programs, paths and cgroups with names that were made to break something: every line is still JSON, and says the truth.
. "$(dirname "$0")/flows-lib.sh"

load_flows
start_reader "$work/records" --stats 3600 flows
in_peer bash -c 'while :; do nc -l -k 10.9.0.2 7000; done' >/dev/null &
listening() { in_peer ss -tlnH sport 7000 | grep 7000 >/dev/null; }
wait_for 10 listening
nc=$(readlink -f "$(command -v nc)")
number=1

# visit COMMAND...: connects from a port of its own, by which its records are found
visit() {
	port=$((30000 + number))
	number=$((number + 1))
	"$@" -p $port -z 10.9.0.2 7000 || fail "$(printf %q "$1") cannot connect"
}

# says FIELDS: all records of the last port have them
says() {
	echo "{\"event\":\"connect\",\"local_port\":$port,$1}" >>"$work/expected"
	echo "{\"event\":\"close\",\"local_port\":$port,$1}" >>"$work/expected"
}

# names of files, and so of processes
mkdir "$said/a"
cp "$nc" "$said/a/"$'\n{'
visit "$said/a/"$'\n{'
says "\"comm\":\"\\n{\",\"exe\":\"$said/a/\\n{\""
cp "$nc" "$said/a/"$'\\"},{\t'
visit "$said/a/"$'\\"},{\t'
says "\"comm\":\"\\\\\\\"},{\\t\",\"exe\":\"$said/a/\\\\\\\"},{\\t\""
# neither 0xff nor the beginning of a character is UTF-8; the second comm is cut in the middle of one
mkdir "$said/"$'\xff\xfe\xc3'
cp "$nc" "$said/"$'\xff\xfe\xc3/\xe2\x82ab'
visit "$said/"$'\xff\xfe\xc3/\xe2\x82ab'
replaced=$'\xef\xbf\xbd'
echo "{\"event\":\"connect\",\"local_port\":$port}" >>"$work/expected"
cp "$nc" "$said/a/0123456789abcd€"
visit "$said/a/0123456789abcd€"
says "\"exe\":\"$said/a/0123456789abcd€\""

# 4,000 bytes and more, of parts as long as they may be
name=$(printf 'd%.0s' {1..254})
cd "$said"
for _ in {1..16}; do
	mkdir "$name"
	cd "$name"
done
[ "$(pwd -P | wc -c)" -gt 4000 ] || fail "the path is too short: $(pwd -P | wc -c)"
cp "$nc" short
visit ./short
says '"comm":"short","exe_cut":true'
long=$port
cd "$root"
# one that fits just so
mkdir -p "$said/b/${name:0:200}"
cp "$nc" "$said/b/${name:0:200}/fits"
visit "$said/b/${name:0:200}/fits"
says "\"exe\":\"$said/b/${name:0:200}/fits\",\"exe_cut\":null"

# a file that never was anywhere
cat >"$work/memfd.py" <<'END'
import os, sys
fd = os.memfd_create("}{")
os.write(fd, open(sys.argv[1], "rb").read())
os.execv(f"/proc/self/fd/{fd}", ["memfd", *sys.argv[2:]])
END
visit python3 "$work/memfd.py" "$nc"
says '"exe":"/memfd:}{"'

# cgroups that are called like containers, and are none; and one that is called as docker calls them
id=$(printf '0123456789abcdef%.0s' {1..4})
cgroups=/sys/fs/cgroup
for dir in /sys/fs/cgroup/unified /sys/fs/cgroup/memory; do
	[ ! -d $dir ] || cgroups=$dir
done
ours=$cgroups/ringside-test-$(readlink /proc/self/fd/9/self).slice
remove_cgroups() {
	local dir
	for dir in "$ours"/*/ "$ours"; do
		rmdir "$dir" 2>/dev/null || true
	done
}
trap remove_cgroups EXIT
for group in "docker-${id:1}.scope" "docker-${id:1}g.scope" "libpod-${id^^}.scope" "cri-containerd-.scope" "${id}0" "docker-$id.scope.x" $'crio-\xff{.scope' \
	"docker-$id.scope"; do
	mkdir -p "$ours/$group"
	(
		echo "$BASHPID" >"$ours/$group/cgroup.procs"
		exec bash -c 'exec "$@"' -- "$nc" -p $((30000 + number)) -z 10.9.0.2 7000
	)
	port=$((30000 + number))
	number=$((number + 1))
	if [ "$group" = "docker-$id.scope" ]; then
		says "\"container_id\":\"$id\",\"container_runtime\":\"docker\",\"cgroup_id\":$(stat -c %i "$ours/$group")"
	else
		says "\"container_id\":null,\"container_runtime\":null,\"pod_uid\":null,\"cgroup_id\":$(stat -c %i "$ours/$group")"
	fi
done

expect "$work/expected"
stop_flows
flows_add_up
# strictly: UTF-8, one object a line, no control character in it; and for jq
python3 - "$work/records" <<'END'
import json, sys
for line in open(sys.argv[1], "rb").read().decode("utf-8", "strict").split("\n")[:-1]:
    assert isinstance(json.loads(line), dict) and all(c >= " " for c in line), line
END
equal "lines that jq parses" "$(wc -l <"$work/records")" "$(jq -c . "$work/records" | wc -l)"
# of the path that was cut the end is there
jq -r "select(.local_port == $long) | .exe" "$work/records" | sed -n 1p >"$work/long"
grep -qE '^\.\.\.(/d+)*/short$' "$work/long" || fail "the path that was cut: $(cat "$work/long")"
# in the place of each byte that is not UTF-8 stands one that says so
jq -r 'select(.local_port == 30003) | .exe' "$work/records" | sed -n 1p | grep "$replaced.*/$replaced.*ab" >/dev/null ||
	fail "the path that is not UTF-8: $(jq -r 'select(.local_port == 30003) | .exe' "$work/records")"
total=$(grep -vc '"event":"stats"' "$work/records")
equal "lines of text" "$total" "$("$reader" -f text --from-start -n "$total" flows | wc -l)"
echo "$(wc -l <"$work/expected") records of hostile names"
