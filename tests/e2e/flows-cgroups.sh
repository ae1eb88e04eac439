#!/bin/bash
# A process in a cgroup that docker, containerd, cri-o or podman would make is in that container; in one that only looks like it, in none.
. "$(dirname "$0")/lib.sh"

# the hierarchy that is asked: memory's where it is one of its own (cgroup v1), else the default one
if [ -d /sys/fs/cgroup/memory ]; then
	hierarchy=/sys/fs/cgroup/memory
elif [ -f /sys/fs/cgroup/cgroup.procs ]; then
	hierarchy=/sys/fs/cgroup
else
	skip "no cgroups are mounted here"
fi
# what is there already is used and left
made=()
remove_cgroups() {
	for ((i = ${#made[@]} - 1; i >= 0; i--)); do rmdir "${made[i]}" 2>/dev/null || true; done
}
trap remove_cgroups EXIT

# make_cgroup PATH: that and what is above it
make_cgroup() {
	local path=$hierarchy part
	for part in ${1//\// }; do
		path=$path/$part
		[ -d "$path" ] || { mkdir "$path" && made+=("$path"); }
	done
}
id() {
	printf "$1%.0s" {1..32} # two hexadecimal digits, 32 times
}
"$loader" load --no-icmp -m 0666 lo >/dev/null
start_reader "$work/out" flows

port=2000
while read -r path expected; do
	make_cgroup "$path"
	(
		echo $BASHPID >"$hierarchy/$path/cgroup.procs"
		exec 3<>"/dev/tcp/127.0.0.1/$port"
	) 2>/dev/null || true # refused: that is told as well
	echo "$port $expected" >>"$work/expected"
	port=$((port + 1))
done <<END
system.slice/docker-$(id 0a).scope $(id 0a) docker null
docker/$(id 1b) $(id 1b) docker null
docker/$(id 1b)/init.scope $(id 1b) docker null
kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod12345678_9abc_def0_1234_56789abcdef0.slice/cri-containerd-$(id 2c).scope $(id 2c) containerd 12345678-9abc-def0-1234-56789abcdef0
kubepods.slice/kubepods-pod12345678_9abc_def0_1234_56789abcdef0.slice/crio-$(id 3d).scope $(id 3d) cri-o 12345678-9abc-def0-1234-56789abcdef0
kubepods/burstable/pod12345678-9abc-def0-1234-56789abcdef0/$(id 4e) $(id 4e) null 12345678-9abc-def0-1234-56789abcdef0
machine.slice/libpod-$(id 5f).scope/container $(id 5f) podman null
machine.slice/libpod-conmon-$(id 6a).scope null null null
system.slice/docker-$(id 7b)0.scope null null null
ringside-test-$$/$(id 8c) null null null
system.slice/ringside-test-$$.service null null null
END

told() {
	at_least "$work/out" "$(wc -l <"$work/expected")"
}
wait_for 10 told
while read -r port id runtime pod; do
	equal "$hierarchy, port $port" "$id $runtime $pod" \
		"$(jq -r "select(.remote_port == $port and .event == \"connect_failed\") | \"\\(.container_id) \\(.container_runtime) \\(.pod_uid)\"" "$work/out")"
done <"$work/expected"
stop_reader "$reader_pid"
"$loader" unload --all >/dev/null
