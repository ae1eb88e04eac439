#!/bin/bash
# A container of podman: its connections have its id, the runtime, and the name that podman's own socket tells.
. "$(dirname "$0")/flows-lib.sh"

command -v podman >/dev/null || fail "podman is not installed: make deps"
busybox=$(command -v busybox) || fail "busybox is not installed: make deps"
load_flows
mkdir -p "$work/rootfs/bin" "$work/rootfs/tmp" "$work/containers"
cp "$(readlink -f "$busybox")" "$work/rootfs/bin/busybox"
export TMPDIR=$work XDG_RUNTIME_DIR=$work/containers HOME=$work/containers

# everything of it in the test's own /run, without systemd and without networks of its own
pod() {
	podman --root "$work/containers/root" --runroot "$work/containers/run" --tmpdir "$work/containers/tmp" \
		--cgroup-manager cgroupfs --storage-driver vfs --events-backend none "$@"
}
# names of containers are what the reader's user may ask for
mkdir -m 0755 /run/podman
pod system service --time 0 unix:///run/podman/podman.sock >"$work/service" 2>&1 &
listening() { [ -S /run/podman/podman.sock ]; }
wait_for 20 listening
chmod 0666 /run/podman/podman.sock

start_reader "$work/records" --stats 3600 flows
in_peer python3 -c '
import socket
server = socket.create_server(("10.9.0.2", 7000))
while True:
    server.accept()[0].close()' &
listens() { in_peer ss -tlnH sport 7000 | grep 7000 >/dev/null; }
wait_for 20 listens
pod run --name ringside-container --network host --cidfile "$work/id" --ulimit host --security-opt seccomp=unconfined --log-driver none \
	--rootfs "$work/rootfs" /bin/busybox sh -c '
		for i in 1 2 3 4 5 6 7 8 9 10; do /bin/busybox nc 10.9.0.2 7000 </dev/null; /bin/busybox sleep 0.5; done' >"$work/run" 2>&1 || {
	if [ -d /sys/fs/cgroup/memory ]; then
		tail -n 1 "$work/run"
		skip "podman runs no container with this machine's cgroups (v1): $(tail -n 1 "$work/run" | cut -c1-100)"
	fi
	fail "podman: $(cat "$work/run")"
}
id=$(<"$work/id")
equal "podman's container, by its id" "$id" "$(pod ps -a --no-trunc --format '{{.ID}}' --filter name=ringside-container)"
nobody "$known" "$said/outside" nc -z 10.9.0.2 7000 || true

same='"exe":"/bin/busybox","comm":"busybox","container_id":"'$id'","container_runtime":"podman","remote_port":7000'
cat >"$work/expected" <<-END
	{"event":"connect",$same,"_count":10}
	{"event":"close",$same,"_count":10}
	{"event":"connect","remote_port":7000,"comm":"nc","container_id":null,"container_runtime":null,"container_name":null}
	{"remote_port":7000,"container_name":"ringside-container","_count":{"min":2,"max":20}}
END
expect "$work/expected"
stop_flows
pod rm -f ringside-container >/dev/null
flows_add_up
# by name and by the first digits
for wanted in ringside-container "${id:0:12}" "$id"; do
	"$reader" --once --from-start --container "$wanted" flows >"$work/of"
	if [ "$wanted" != ringside-container ]; then
		equal "--container $wanted" 20 "$(lines "$work/of" '.comm == "busybox"')"
	fi
	equal "--container $wanted, others" 0 "$(lines "$work/of" '.comm != "busybox"')"
done
echo "$(jq -rs 'map(select(.container_name)) | length' "$work/records") of 20 records with the name"
