#!/bin/bash
# The sockets that the kernel lists, as nobody: real connections and listening ports reach ntopng with their owner.
. "$(dirname "$0")/../e2e/flows-lib.sh"
. "$root/tests/client/ntopng-lib.sh"

load_flows
[ -e /run/ringside/flows/tcp ] || skip "this loader pins no list of sockets"
nobody test -r /run/ringside/flows/tcp || fail "nobody may not read it"
start_receiver "$work/out" 'tcp://*:1234c'
start_exporter -z tcp://127.0.0.1:1234c --netstat 0.5
in_peer nc -lk 10.9.0.2 8080 >/dev/null &
nc -lk 10.9.0.1 9090 >/dev/null &
nc -luk 10.9.0.1 9091 >/dev/null &
listening() {
	[ -n "$(in_peer ss -Hltn sport = :8080)" ] && [ -n "$(ss -Hltn sport = :9090)" ] && [ -n "$(ss -Hlun sport = :9091)" ]
}
wait_for 10 listening
exec {connection}<>/dev/tcp/10.9.0.2/8080
printf '%1000s' '' >&"$connection"
jq_flow() {
	jq -c "select(.topic == \"flow\").payload | select(.L4_REMOTE_PORT == 8080 and .TCP.CONN_STATE == \"ESTABLISHED\") | $1" "$work/out" | tail -n 1
}
told() {
	[ "$(jq_flow .TCP.BYTES_ACKED)" = 1000 ] && [ -n "$(jq 'select(.topic == "listening-ports").payload."listening-ports" |
		select(any(.tcp4[]; .port == 9090) and any(.udp4[]; .port == 9091))' "$work/out")" ]
}
wait_for 20 told
here=$(ss -Hitn dport = :8080)
segments=$(sed -n 's/.*segs_out:\([0-9]*\).*/\1/p' <<<"$here") rtt=$(sed -n 's/.* rtt:\([0-9.]*\).*/\1/p' <<<"$here")
equal "segments sent, as ss says" "$segments" "$(jq_flow .TCP.SEGS_OUT)"
jq -en "($rtt - $(jq_flow .TCP.RTT) | fabs) < 0.01" >/dev/null || fail "RTT: ss $rtt, here $(jq_flow .TCP.RTT)"
equal "the owner" '["bash",0]' "$(jq_flow '[(.LOCAL_PROCESS.PROCESS_PATH | split("/") | last), .LOCAL_PROCESS.UID]')"
end_exporter
stop_receiver "$work/out"
