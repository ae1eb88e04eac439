#!/bin/bash
# With ntopng's public key all is encrypted, whoever binds; without it, or with another one, nothing arrives and that is said.
. "$(dirname "$0")/../e2e/lib.sh"
. "$root/tests/client/ntopng-lib.sh"

line='{"event":"close","local_ip":"10.9.0.1","local_port":1,"remote_ip":"10.9.0.2","remote_port":80,"protocol":6,"timestamp":1795258222667,"ip_version":4,"comm":"in-the-clear","pid":1}'
start_receiver "$work/out" -k "$work/key" 'tcp://*:1234c'
tcpdump -i lo -U --immediate-mode -w "$work/packets" 2>"$work/tcpdump" &
tcpdump_pid=$!
wait_for 10 grep -q listening "$work/tcpdump"
start_exporter -z tcp://127.0.0.1:1234c --server-key "$(cat "$work/key")"
echo "$line" >&"$lines"
wait_for 10 flows "$work/out" 1
end_exporter
wait_for 10 grep -qa CURVE "$work/packets"
kill $tcpdump_pid
wait $tcpdump_pid || true
! grep -qa in-the-clear "$work/packets" || fail "not encrypted"

# refused WHAT ARGUMENTS...: nothing arrives, the flow is dropped at the end, and a line says what may be wrong
refused() {
	local what=$1
	shift
	start_exporter "$@"
	echo "$line" >&"$lines"
	wait_for 20 grep -q "the other side refuses: $what" "$said"
	end_exporter
	equal "dropped with $*" 1 "$(account dropped)"
}
other=$("$receiver" -k "$work/other" tcp://127.0.0.1:1 -n 0 2>/dev/null && cat "$work/other")
refused "is the server key its public key" -z tcp://127.0.0.1:1234c --server-key "$other"
refused "does it ask for encryption" -z tcp://127.0.0.1:1234c
stop_receiver "$work/out"
equal "flows" 1 "$(jq .flows "$work/out.account")"

# the exporter binds, and is the client of CURVE all the same
start_receiver "$work/out" -k "$work/key" tcp://127.0.0.1:1235
start_exporter -z tcp://127.0.0.1:1235 --server-key "$(cat "$work/key")"
echo "$line" >&"$lines"
wait_for 10 flows "$work/out" 1
end_exporter
stop_receiver "$work/out"
