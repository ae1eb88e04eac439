#!/bin/bash
# The open sockets of flows/tcp and flows/udp: connections as flows with a TCP object, those that listen as listening ports.
. "$(dirname "$0")/../e2e/lib.sh"
. "$root/tests/client/ntopng-lib.sh"

make_link rs0 0
pins=$work/pins
mkdir -p -m 0755 "$pins/flows"
owner='"netns":4026531840,"socket_uid":33,"inode":12345,"pid":7,"tid":8,"uid":33,"gid":33,"comm":"nginx","ppid":1,"parent_comm":"bash"'
cat >"$work/tcp" <<END
{"event":"socket","protocol":6,"ip_version":4,"local_ip":"10.9.0.1","local_port":443,"remote_ip":"10.9.0.2","remote_port":5555,"state":"ESTABLISHED","if_name":"rs0","direction":"in",$owner,"tx_queue":0,"rx_queue":0,"tx_bytes":100,"rx_bytes":200,"tx_acked":90,"tx_packets":3,"rx_packets":4,"retransmits":1,"unacked":2,"lost":5,"rtt_us":55,"rtt_var_us":10,"duration_us":10000000}
{"event":"socket","protocol":6,"ip_version":6,"local_ip":"fd09::1","local_port":40000,"remote_ip":"fd09::2","remote_port":80,"state":"TIME-WAIT","netns":4026531840,"inode":0}
{"event":"socket","protocol":6,"ip_version":4,"local_ip":"127.0.0.1","local_port":40000,"remote_ip":"127.0.0.1","remote_port":80,"state":"ESTABLISHED","netns":4026531840,"tx_bytes":1,"rx_bytes":1}
{"event":"socket","protocol":6,"ip_version":4,"local_ip":"0.0.0.0","local_port":443,"state":"LISTEN",$owner,"tx_queue":128,"rx_queue":0}
{"event":"socket","protocol":6,"ip_version":4,"local_ip":"10.9.0.1","local_port":443,"state":"LISTEN",$owner}
{"event":"socket","protocol":6,"ip_version":6,"local_ip":"::","local_port":80,"state":"LISTEN","netns":4026531840}
{"event":"socket","protocol":6,"ip_version":4,"local_ip":"127.0.0.1","local_port":631,"state":"LISTEN","netns":4026531840,"pid":3,"comm":"\"odd\""}
END
cat >"$work/udp" <<END
{"event":"socket","protocol":17,"ip_version":4,"local_ip":"10.9.0.1","local_port":40000,"remote_ip":"10.9.0.2","remote_port":53,"state":"ESTABLISHED",$owner,"tx_bytes":30,"tx_packets":1}
{"event":"socket","protocol":17,"ip_version":4,"local_ip":"0.0.0.0","local_port":68,"state":"UNCONNECTED",$owner}
{"event":"socket","protocol":17,"ip_version":6,"local_ip":"::","local_port":5353,"state":"UNCONNECTED","netns":4026531840}
{"event":"socket","protocol":17,"ip_version":4,"local_ip":"0.0.0.0","local_port":0,"state":"UNCONNECTED","netns":4026531840}
END
ports() {
	[ "$(grep -c '"topic":"listening-ports"' "$work/out")" -ge "$1" ]
}
# first_round: the flows before the first listening ports
first_round() {
	sed '/"topic":"listening-ports"/q' "$work/out" | jq -c 'select(.topic == "flow").payload'
}
addresses=$(ip -j addr | jq -c '[.[] | select(.ifname != "lo").addr_info[].local] | sort')

# no files yet: that is said once, and they are read when they are there
start_receiver "$work/out" 'tcp://*:1234c'
RINGSIDE_PIN_ROOT=$pins start_exporter -z tcp://127.0.0.1:1234c --netstat 0.3
wait_for 10 grep -q "open $pins/flows/udp: No such file" "$said"
cp "$work/udp" "$pins/flows/udp"
wait_for 10 flows "$work/out" 1
equal "ports of half the files" 0 "$(grep -c listening-ports "$work/out" || true)"
cp "$work/tcp" "$pins/flows/part" && mv "$pins/flows/part" "$pins/flows/tcp"
wait_for 10 ports 2
equal "said" "1 1" "$(grep -c 'open .*tcp: No such' "$said") $(grep -c 'open .*udp: No such' "$said")"
end_exporter
stop_receiver "$work/out"

start_receiver "$work/out" 'tcp://*:1234c'
start_exporter -z tcp://127.0.0.1:1234c --netstat 0.3 --pin-root "$pins"
wait_for 10 ports 2
end_exporter
stop_receiver "$work/out"
first_round >"$work/flows"
equal "flows" 4 "$(wc -l <"$work/flows")"
equal "an open connection" '[null,443,5555,{"CONN_STATE":"ESTABLISHED","SEGS_IN":4,"SEGS_OUT":3,"UNACK_SEGMENTS":2,"RETRAN_PKTS":1,"LOST_PKTS":5,"RTT":0.055,"RTT_VARIANCE":0.010,"BYTES_RCVD":200,"BYTES_ACKED":90},7,"nginx","rs0"]' \
	"$(jq -c '[.TCP_EVENT_TYPE, .L4_LOCAL_PORT, .L4_REMOTE_PORT, .TCP, .LOCAL_PROCESS.PID, .LOCAL_PROCESS.PROCESS_PATH, .IF_NAME]' "$work/flows" | head -n 1 | sed 's/0\.01,/0.010,/')"
equal "TIME-WAIT" '["fd09::2",{"CONN_STATE":"TIME-WAIT"},null]' "$(jq -c '[.IPV6_REMOTE_ADDR, .TCP, .LOCAL_PROCESS]' "$work/flows" | sed -n 2p)"
equal "UDP" '[17,53,30,1,null]' "$(jq -c '[.PROTOCOL, .L4_REMOTE_PORT, .IN_BYTES, .IN_PKTS, .TCP]' "$work/flows" | tail -n 1)"
jq -se --argjson now "$EPOCHSECONDS" 'all($now - (.timestamp | tonumber) < 60)' "$work/flows" >/dev/null || fail "the time is not now"
jq -c 'select(.topic == "listening-ports").payload' "$work/out" | head -n 1 >"$work/ports"
equal "listening" '{"tcp4":[{"port":443,"proc":"nginx","pkg":""},{"port":631,"proc":"\"odd\"","pkg":""}],"udp4":[{"port":68,"proc":"nginx","pkg":""}],"tcp6":[{"port":80,"proc":"","pkg":""}],"udp6":[{"port":5353,"proc":"","pkg":""}]}' \
	"$(jq -c '."listening-ports"' "$work/ports")"
equal "addresses" "$addresses" "$(jq -c '."ip-addresses" | sort' "$work/ports")"

# -l, -L
start_receiver "$work/out" 'tcp://*:1234c'
start_exporter -z tcp://127.0.0.1:1234c --netstat 0.3 --pin-root "$pins" -l
wait_for 10 ports 1
end_exporter
stop_receiver "$work/out"
equal "flows and ports with -l" "3 1" "$(first_round | wc -l) $(jq -c 'select(.topic == "listening-ports").payload."listening-ports".tcp4 | length' "$work/out" | head -n 1)"
start_receiver "$work/out" 'tcp://*:1234c'
start_exporter -z tcp://127.0.0.1:1234c --netstat 0.3 --pin-root "$pins" -L
wait_for 10 flows "$work/out" 8
end_exporter
stop_receiver "$work/out"
equal "ports with -L" 0 "$(grep -c listening-ports "$work/out" || true)"

# more ports than fit a message, and 20,000 connections while lines come in: none of either is lost
seq -f '{"event":"socket","protocol":6,"ip_version":4,"local_ip":"0.0.0.0","local_port":%.0f,"state":"LISTEN","netns":1,"pid":7,"comm":"a process name"}' 3000 >"$pins/flows/tcp"
seq -f '{"event":"socket","protocol":17,"ip_version":4,"local_ip":"10.9.0.1","local_port":%.0f,"remote_ip":"10.9.0.2","remote_port":53,"state":"ESTABLISHED"}' 20000 >"$pins/flows/udp"
start_receiver "$work/out" 'tcp://*:1234c' -t flow -t listening-ports
start_exporter -z tcp://127.0.0.1:1234c --netstat 2 --pin-root "$pins"
wait_for 10 subscribed
seq -f '{"event":"close","local_ip":"10.9.0.1","local_port":%.0f,"remote_ip":"10.9.0.2","remote_port":80,"protocol":6,"timestamp":1795258222667,"ip_version":4}' 1000 >&"$lines"
wait_for 20 ports 2
seq -f '{"event":"close","local_ip":"10.9.0.1","local_port":%.0f,"remote_ip":"10.9.0.2","remote_port":80,"protocol":6,"timestamp":1795258222667,"ip_version":4}' 1001 2000 >&"$lines"
closes() {
	[ "$(grep -c '"CLOSE"' "$work/out")" -ge "$1" ]
}
wait_for 20 closes 2000
wait_for 20 flows "$work/out" 22000
end_exporter
stop_receiver "$work/out"
jq -c 'select(.topic == "listening-ports").payload."listening-ports".tcp4[].port' "$work/out" | head -n 3000 | sort -n >"$work/listed"
diff "$work/listed" <(seq 3000) >/dev/null || fail "ports are missing"
equal "events" 2000 "$(grep -c '"CLOSE"' "$work/out")"
[ "$(jq .largest "$work/out.account")" -le 32768 ] || fail "too large: $(cat "$work/out.account")"
[ "$(grep -c '"L4_REMOTE_PORT":53' "$work/out")" -ge 20000 ] || fail "connections are missing"
equal "missing" 0 "$(jq .missing "$work/out.account")"
