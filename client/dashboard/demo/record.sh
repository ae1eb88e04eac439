#!/bin/bash
# Makes records.jsonl anew: real traffic between two namespaces, as ringside saw it. Needs root, curl and python3.
RINGSIDE_OUT=${RINGSIDE_OUT:-$(cd "$(dirname "$0")" && pwd)/records.jsonl}
export RINGSIDE_OUT PATH=/usr/sbin:/usr/bin:/sbin:/bin
. "$(dirname "$0")/../../../tests/e2e/lib.sh"

make_link eth0 0
make_link eth1 1
"$loader" load -m 0666 --flow-interval 1 eth0 eth1 >/dev/null
mkdir "$work/files"
head -c 3000000 /dev/zero >"$work/files/large"
echo hello >"$work/files/small"
in_peer() {
	nsenter --net=/run/netns/peer setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}
in_peer python3 -m http.server --bind :: --directory "$work/files" 8080 >/dev/null 2>&1 &
wait_for 10 bash -c 'exec 3<>/dev/tcp/10.9.0.2/8080' 2>/dev/null
start_reader "$work/records" --stats 5 eth0 eth1 flows
for _ in $(seq 12); do
	ping -n -q -i 0.25 -c 4 10.9.0.2 >/dev/null &
	ping -n -q -i 0.2 -c 5 fd09:1::2 >/dev/null &
	curl -s -o /dev/null http://10.9.0.2:8080/large
	curl -s -o /dev/null "http://[fd09:0::2]:8080/small"
	curl -s -o /dev/null http://10.9.1.2:8080/missing || true
	in_peer ping -n -q -i 0.3 -c 3 10.9.1.1 >/dev/null || true
	curl -s -o /dev/null http://10.9.0.2:81/ || true
	bash -c 'exec 3>/dev/udp/10.9.0.2/4242; echo >&3; sleep 0.1; echo >&3' 2>/dev/null || true
done
# packets to a wrong hardware address are lost, and sent again
lladdr=$(ip -j link show eth1 | jq -r ".[0].address")
for _ in 1 2 3; do
	curl -s --limit-rate 2M -m 20 -o /dev/null http://10.9.1.2:8080/large &
	download=$!
	ping -n -q -i 0.2 -c 8 10.9.1.2 >/dev/null &
	sleep 0.6
	ip -n peer neigh replace 10.9.1.1 dev peer1 lladdr 02:00:00:00:00:99
	sleep 0.5
	ip -n peer neigh replace 10.9.1.1 dev peer1 lladdr "$lladdr"
	wait $download
done
wait_for 10 at_least "$work/records" 500
stop_reader "$reader_pid"
# flows are seen in the whole machine: only what is of these namespaces stays, and nothing that tells of the machine
here=$(stat -Lc %i /proc/self/ns/net)
there=$(stat -Lc %i /run/netns/peer)
jq -c --argjson here "$here" --argjson there "$there" 'select(.event == "icmp" or .source or .netns == $here or .netns == $there)
	| del(.netns, .cgroup_id, .container_id, .container_runtime, .pod_uid)
	| if .user and .user != "root" and .user != "nobody" then .user = "user" else . end
	| if .parent_comm then .parent_comm = (if (.parent_exe // "") | endswith("/bash") then "bash" else .parent_comm end) else . end
	| with_entries(select((.key | endswith("exe") | not) or (.value | test("^/usr/|^/bin/"))))' "$work/records" >"$work/clean"
head -n 2000 "$work/clean" >"$RINGSIDE_OUT"
wc "$RINGSIDE_OUT"
