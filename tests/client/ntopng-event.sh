#!/bin/bash
# Once a second the exporter tells about itself, to whoever asks: what it sent, what was lost, the interface's traffic.
. "$(dirname "$0")/../e2e/lib.sh"
. "$root/tests/client/ntopng-lib.sh"

make_link rs0 0
events() {
	[ "$(grep -c '"topic":"event"' "$work/out")" -ge "$1" ]
}
start_receiver "$work/out" 'tcp://*:1234c'
start_exporter -z tcp://127.0.0.1:1234c --netstat 30
for i in 1 2 3; do
	echo "{\"event\":\"close\",\"local_ip\":\"10.9.0.1\",\"local_port\":$i,\"remote_ip\":\"10.9.0.2\",\"remote_port\":80,\"protocol\":6,\"timestamp\":1795258222667,\"ip_version\":4}"
	echo '{"event":"lost","source":"flows","timestamp":1795258222667,"count":7,"cpu":0}'
done >&"$lines"
wait_for 10 events 1
ping -q -c 50 -i 0.002 -s 1000 10.9.0.2 >/dev/null
wait_for 10 events 3
end_exporter
stop_receiver "$work/out"
jq -c 'select(.topic == "event").payload' "$work/out" >"$work/events"
equal "the account" '[21,{"export_queue_full":0,"flow_collection_drops":21},{"num_flow_exports":3,"num_exporters":1}]' \
	"$(jq -c '[.packet_drops, .drops, .zmq]' "$work/events" | tail -n 1)"
equal "the interface" '{"name":"rs0","speed":10000,"ip":"10.9.0.1"}' "$(jq -c .iface "$work/events" | tail -n 1)"
equal "the probe" "[\"10.9.0.1\",\"$(cat /proc/sys/kernel/random/boot_id)\",\"Linux $(uname -r)\"]" \
	"$(jq -c '.probe | [.ip, .uuid, .osname]' "$work/events" | tail -n 1)"
equal "timeouts" '{"lifetime":30,"idle":60}' "$(jq -c .timeout "$work/events" | tail -n 1)"
jq -se 'map(.packets) | last - first >= 100' "$work/events" >/dev/null || fail "packets: $(jq .packets "$work/events" | xargs)"
jq -se 'map(.avg.pps) | max >= 50' "$work/events" >/dev/null || fail "packets a second: $(jq .avg.pps "$work/events" | xargs)"
jq -se '[.[1:], .[:-1]] | transpose | all(.[0].time - .[1].time <= 3)' "$work/events" >/dev/null || fail "not once a second"
# the clock is the host's
jq -se --argjson now "$EPOCHSECONDS" 'all($now - .time < 60)' "$work/events" >/dev/null || fail "the time is another one"
