#!/bin/bash
# While the kernel skips kprobes, for somebody in a bpf() call who has to wait, connections are told all the same.
. "$(dirname "$0")/flows-lib.sh"
many=$root/.build/tests/e2e/flows-many
held=$root/.build/tests/e2e/flows-held
total=300

load_flows
pings 1 fd09::2
start_reader "$work/records" --stats 3600 flows
"$held" >"$work/held" &
holder=$!
wait_for 10 grep -q holding "$work/held"

in_peer "$many" server "$said/there" 7001 4 $total >"$work/listening" &
server=$!
wait_for 10 grep -q listening "$work/listening"
"$many" client "$said/here" 7001 4 $total 10.9.0.2 fd09::2
wait "$server"
for ((i = 0; i < 100; i++)); do ! (exec 3<>/dev/tcp/10.9.0.2/7003) 2>/dev/null || fail "somebody listens"; done
kill "$holder"
status=0
wait "$holder" || status=$?
equal "status of the holder, which held until SIGTERM" 143 $status

# None is told twice. Of a few (2 in 100) the tracepoint, which is there for the kprobe that was skipped, was skipped as
# well, since its program had to wait; without it these are 10 in 100.
full='"comm":"flows-many","_count":{"min":'$((total * 94 / 100))',"max":'$total'}'
cat >"$work/expected" <<-END
	{"event":"connect","remote_port":7001,"netns":$here,"if_name":"rs0","direction":"out",$full}
	{"event":"accept","local_port":7001,"netns":$there,"if_name":"peer0","direction":"in",$full}
	{"event":"close","remote_port":7001,"netns":$here,"direction":"out","tx_bytes":3,"rx_bytes":6,$full}
	{"event":"close","local_port":7001,"netns":$there,"direction":"in","tx_bytes":6,"rx_bytes":3,$full}
	{"event":["connect","connect_failed","accept","close","flow"],"local_port":7001,"_count":{"max":$((2 * total))}}
	{"event":["connect","connect_failed","accept","close","flow"],"remote_port":7001,"_count":{"max":$((2 * total))}}
	{"event":"connect_failed","remote_port":7003,"error":"ECONNREFUSED","comm":"flows-held.sh","netns":$here,"_count":{"min":90}}
	{"event":["connect","connect_failed","accept","close","flow"],"remote_port":7003,"_count":{"max":100}}
END
expect "$work/expected" 20
stop_flows
expect "$work/expected" 0
flows_add_up
skipped=$(jq .missed "$work/status")
# from 7.0 on each kernel that we know is preemptible, and it was tried; for others that is their owner's to say
[[ ! $(uname -r) =~ ^[7-9] || $(jq -r .ways "$work/status") != kprobes* || $skipped -gt 0 ]] || fail "no program was skipped: nothing was tried"
echo "$total connections, 100 refused, not told in full: $((4 * total + 100 - $(lines "$work/records" '.comm')))"
echo "programs that the kernel skipped: $skipped"
