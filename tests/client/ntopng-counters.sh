#!/bin/bash
# Interface counters are those of ip -s link; a veth has the container of the records that were seen at its other end.
. "$(dirname "$0")/../e2e/lib.sh"
. "$root/tests/client/ntopng-lib.sh"

make_link rs0 0
make_link rs1 1
ip link add name 'a"c' type veth peer name x1
ip link set rs1 promisc on
ip link set lo up
ping -q -c 20 -i 0.002 10.9.0.2 >/dev/null
ping -q -c 10 -i 0.002 -s 1000 10.9.1.2 >/dev/null
ping -q -c 5 -i 0.002 127.0.0.1 >/dev/null
# A process of a container, in the namespace at the other end of rs0 and rs1. Numbers are those of this test's
# process namespace, as for an exporter they are those of the host.
nsenter --net=/run/netns/peer sleep 1000 &
sleep_pid=$!
netns=$(stat -L -c %i /run/netns/peer)
id=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
of_container() { # PID NETNS
	echo "{\"event\":\"udp_send\",\"local_ip\":\"10.9.0.2\",\"local_port\":5,\"remote_ip\":\"10.9.0.1\",\"remote_port\":53,\"protocol\":17,\"timestamp\":1795258222667,\"ip_version\":4,\"netns\":$2,\"pid\":$1,\"comm\":\"app\",\"container_id\":\"$id\",\"container_runtime\":\"docker\",\"container_name\":\"web\"}"
}
links=$(ip -j link | jq length)
counters() {
	[ "$(grep -c '"topic":"counter"' "$work/out")" -ge "$1" ]
}
start_receiver "$work/out" 'tcp://*:1234c' -t flow -t counter
# in the process namespace of the test itself, which is where the numbers are from
start_exporter -z tcp://127.0.0.1:1234c --counters 0.5
wait_for 10 counters "$links"
of_container $sleep_pid "$netns" >&"$lines"
wait_for 10 flows "$work/out" 1

# same: a whole round, of which ip says the same. Neighbours are asked for now and then, so it may take some rounds.
fields='[.name, .index, .in, .in_packets, .in_errors, .out, .out_packets, .out_errors, .admin, .promiscuous]'
same() {
	local before
	before=$(grep -c '"topic":"counter"' "$work/out")
	ip -s -j -d link | jq -c ".[] | {name: .ifname, index: .ifindex, in: .stats64.rx.bytes, in_packets: .stats64.rx.packets,
		in_errors: .stats64.rx.errors, out: .stats64.tx.bytes, out_packets: .stats64.tx.packets, out_errors: .stats64.tx.errors,
		admin: (if .flags | index(\"UP\") then \"Up\" else \"Down\" end),
		promiscuous: (if .promiscuity > 0 then 1 else 0 end)} | select(.name != \"lo\") | $fields" | sort >"$work/theirs"
	wait_for 10 counters $((before - before % links + 2 * links))
	jq -c 'select(.topic == "counter").payload' "$work/out" | head -n $((before - before % links + 2 * links)) >"$work/counters"
	tail -n "$links" "$work/counters" | jq -c "{name: .ifName, index: .ifIndex, in: .ifInOctets, in_packets: .ifInPackets,
		in_errors: .ifInErrors, out: .ifOutOctets, out_packets: .ifOutPackets, out_errors: .ifOutErrors,
		admin: .ifAdminStatus, promiscuous: .ifPromiscuousMode} | select(.name != \"lo\") | $fields" | sort >"$work/ours"
	cmp -s "$work/ours" "$work/theirs" && grep -q CONTAINER "$work/counters"
}
wait_for 30 same
end_exporter
stop_receiver "$work/out"

[ "$(jq -r 'select(.ifName == "rs0").ifInPackets' "$work/counters" | tail -n 1)" -ge 20 ] || fail "nothing moved"
equal "state, type, speed, direction of rs0" '["Up","Up",6,10000000000,"Full","10.9.0.1"]' \
	"$(jq -c 'select(.ifName == "rs0") | [.ifAdminStatus, .ifOperStatus, .ifType, .ifSpeed, .ifDirection, .deviceIP]' "$work/counters" | tail -n 1)"
equal "type of lo" 24 "$(jq -c 'select(.ifName == "lo").ifType' "$work/counters" | tail -n 1)"
equal "containers" "[\"rs0\",\"$id\",\"$id\",\"web\"] [\"rs1\",\"$id\",\"$id\",\"web\"]" "$(tail -n "$links" "$work/counters" |
	jq -c 'select(.LOCAL_CONTAINER) | [.ifName, .LOCAL_CONTAINER.ID, .LOCAL_CONTAINER.DOCKER.ID, .LOCAL_CONTAINER.DOCKER.NAME]' | sort | xargs -d '\n')"
equal "containers before any record" 0 "$(head -n "$links" "$work/counters" | grep -c CONTAINER || true)"

# a container on the host's network has no veth, and one whose process is gone is not guessed; -l is without lo
start_receiver "$work/out" 'tcp://*:1234c' -t flow -t counter
start_exporter -z tcp://127.0.0.1:1234c --counters 0.5 -l
{ of_container $$ "$(stat -L -c %i /proc/self/ns/net)"; of_container 999999 "$netns"; } >&"$lines"
wait_for 10 flows "$work/out" 2
wait_for 10 counters $((2 * links - 2))
end_exporter
stop_receiver "$work/out"
equal "containers" 0 "$(grep '"topic":"counter"' "$work/out" | grep -c CONTAINER || true)"
equal "lo" 0 "$(grep -c '"ifName":"lo"' "$work/out" || true)"
kill $sleep_pid
