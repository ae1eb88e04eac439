#!/bin/bash
# Real traffic, all as nobody: connections, refusals, UDP and echoes come out of loader, reader and exporter, in both formats.
# timeout: 240
. "$(dirname "$0")/../e2e/flows-lib.sh"
. "$root/tests/client/ntopng-lib.sh"

load_flows
in_peer nc -lk 10.9.0.2 8080 >/dev/null &
in_peer nc -6 -lk fd09:0::2 8080 >/dev/null &
nc -lk 10.9.0.1 9090 >/dev/null &
in_peer nc -lu 10.9.0.2 5353 >/dev/null &
listening() {
	[ "$(in_peer ss -Hltun | wc -l)" = 3 ] && [ -n "$(ss -Hltn sport = :9090)" ]
}
wait_for 10 listening
traffic() {
	nc -N 10.9.0.2 8080 <<<"over version 4"
	nc -N fd09:0::2 8080 <<<"over version 6"
	in_peer nc -N 10.9.0.1 9090 <<<"from the other side"
	nc 10.9.0.2 8081 </dev/null || true # nobody listens
	nc -u -w 1 10.9.0.2 5353 <<<"a datagram"
	ping -q -c 3 -i 0.05 10.9.0.2 >/dev/null
	ping -q -c 3 -i 0.05 fd09:0::2 >/dev/null
}
# pipe FORMAT: reader to exporter to receiver, and the traffic
pipe() {
	start_receiver "$work/out" 'tcp://*:1234c' -t flow
	mkfifo -m 0666 "$work/pipe.$1"
	: >"$said"
	setpriv --reuid 65534 --regid 65534 --clear-groups "$exporter" -v -z tcp://127.0.0.1:1234c --format "$1" <"$work/pipe.$1" 2>"$said" &
	exporter_pid=$!
	launch_reader "$work/pipe.$1" --from-start
	# opening the pipe is what this shell's children wait for, and not this shell
	wait_for 10 subscribed
	traffic
	wait_for 20 all_there_"$1"
	kill "$reader_pid"
	wait "$reader_pid" || fail "the reader ended with status $?"
	wait "$exporter_pid" || fail "the exporter ended with status $?: $(cat "$said")"
	stop_receiver "$work/out"
	equal "bad lines" 0 "$(account bad)"
	equal "missing" 0 "$(jq .missing "$work/out.account")"
}
# any FILTER: a flow for which it holds
any() {
	[ -n "$(jq "select($1)" "$work/out")" ]
}
all_there_json() {
	local process='.LOCAL_PROCESS.PROCESS_PATH | test("/nc")'
	any ".payload | .TCP_EVENT_TYPE == \"CONNECT\" and .IPV4_REMOTE_ADDR == \"10.9.0.2\" and .L4_REMOTE_PORT == 8080 and .NW_LATENCY_MS > 0 and .IF_NAME == \"rs0\" and .EXPORTER_IPV4_ADDRESS == \"10.9.0.1\" and ($process)" &&
		any ".payload | .TCP_EVENT_TYPE == \"CLOSE\" and .L4_REMOTE_PORT == 8080 and .TCP.BYTES_ACKED == 15 and .IN_BYTES == 15 and ($process)" &&
		any ".payload | .TCP_EVENT_TYPE == \"CONNECT\" and .IPV6_REMOTE_ADDR == \"fd09::2\" and .IP_PROTOCOL_VERSION == 6" &&
		any ".payload | .TCP_EVENT_TYPE == \"ACCEPT\" and .IPV4_SRC_ADDR == \"10.9.0.2\" and .IPV4_DST_ADDR == \"10.9.0.1\" and .L4_DST_PORT == 9090" &&
		any ".payload | .TCP_EVENT_TYPE == \"CONNECT_FAILED\" and .L4_REMOTE_PORT == 8081" &&
		any ".payload | .UDP_EVENT_TYPE == \"SEND\" and .L4_REMOTE_PORT == 5353 and .IN_BYTES == 11" &&
		any ".payload | .PROTOCOL == 1 and .IPV4_SRC_ADDR == \"10.9.0.1\" and .IN_PKTS == 3 and .ICMP_TYPE == 2048" &&
		any ".payload | .PROTOCOL == 58 and .IPV6_SRC_ADDR == \"fd09::2\" and .IN_PKTS >= 3"
}
all_there_tlv() {
	any '.payload[0] | ."12" == "10.9.0.2" and ."11" == 8080 and ."57596" > 0 and (."57641" | test("/nc")) and .TCP_EVENT_TYPE == "CONNECT"' &&
		any '.payload[0] | ."12" == "10.9.0.2" and ."231" == 15 and .TCP_EVENT_TYPE == "CLOSE"' &&
		any '.payload[0] | ."28" == "fd09::2" and ."60" == 6 and ."4" == 6' &&
		any '.payload[0] | ."8" == "10.9.0.2" and ."12" == "10.9.0.1" and ."11" == 9090' &&
		any '.payload[0] | ."11" == 5353 and ."4" == 17 and ."231" == 11' &&
		any '.payload[0] | ."4" == 1 and ."8" == "10.9.0.1" and ."1" == 84 and ."2" == 1'
}
pipe json
pipe tlv
