#!/bin/bash
# The sockets that the kernel lists, as nobody: real connections and listening ports reach ntopng with their owner.
. "$(dirname "$0")/../e2e/flows-lib.sh"
. "$root/tests/client/ntopng-lib.sh"

load_flows
[ -e /run/ringside/flows/tcp ] || skip "this loader pins no list of sockets"
nobody test -r /run/ringside/flows/tcp || fail "nobody may not read it"
start_receiver "$work/out" 'tcp://*:1234c'
start_exporter -z tcp://127.0.0.1:1234c --netstat 0.5
# what is started from here on must not hold the exporter's input open
in_peer nc -lk 10.9.0.2 8080 >/dev/null {lines}>&- &
nc -lk 10.9.0.1 9090 >/dev/null {lines}>&- &
nc -luk 10.9.0.1 9091 >/dev/null {lines}>&- &
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
	[ "$(jq_flow .IN_BYTES)" = 1000 ] && [ -n "$(jq 'select(.topic == "listening-ports").payload."listening-ports" |
		select(any(.tcp4[]; .port == 9090) and any(.udp4[]; .port == 9091))' "$work/out")" ]
}
wait_for 20 told
equal "the owner" '["ntopng-sockets.",0,"root"]' "$(jq_flow '[.LOCAL_PROCESS.PROCESS_PATH, .LOCAL_PROCESS.UID, .LOCAL_PROCESS.UID_NAME]')"

# a thousand connections, each with its own number of bytes there and back, beside ss
in_peer python3 - {lines}>&- <<'END' &
import socket, threading
server = socket.create_server(('10.9.0.2', 7000), backlog=1000)
kept = []
while True:
	c = server.accept()[0]
	kept.append(c)
	n = int.from_bytes(c.recv(2, socket.MSG_WAITALL), 'big')
	while n > 0:
		n -= len(c.recv(n))
	c.sendall(b'x' * (len(kept) % 100 + 1))
END
server_pid=$!
wait_for 10 eval '[ -n "$(in_peer ss -Hltn sport = :7000)" ]'
python3 - "$work/connected" {lines}>&- <<'END' &
import socket, sys, time
kept = []
for i in range(1000):
	c = socket.create_connection(('10.9.0.2', 7000))
	c.sendall((i * 10).to_bytes(2, 'big') + b'y' * (i * 10))
	c.recv(1000)
	kept.append(c)
open(sys.argv[1], 'w').close()
time.sleep(1000)
END
client_pid=$!
wait_for 60 test -e "$work/connected"
# ours: a line for each connection of the last whole round, as ss has them
ours() {
	tail -n 4100 "$work/out" | jq -r 'select(.topic == "flow").payload | select(.L4_REMOTE_PORT == 7000 and .TCP.CONN_STATE == "ESTABLISHED") |
		[.L4_LOCAL_PORT, .TCP.BYTES_ACKED, .TCP.BYTES_RCVD, .TCP.SEGS_OUT, .TCP.SEGS_IN, .TCP.RETRAN_PKTS, (.TCP.RTT * 1000 | round)] | join(" ")' 
}
theirs() {
	ss -HtinO dport = :7000 | sed 's/^ESTAB/ESTABLISHED/' | awk '{
		split($4, local, ":"); acked = received = out = in_ = again = 0
		for (i = 6; i <= NF; i++) {
			n = split($i, pair, ":")
			if (pair[1] == "bytes_acked") acked = pair[2]
			if (pair[1] == "bytes_received") received = pair[2]
			if (pair[1] == "segs_out") out = pair[2]
			if (pair[1] == "segs_in") in_ = pair[2]
			if (pair[1] == "retrans") { split(pair[2], counts, "/"); again = counts[2] }
			if (pair[1] == "rtt") { split(pair[2], times, "/"); rtt = times[1] * 1000 }
		}
		printf "%s %s %s %s %s %s %.0f\n", local[2], acked, received, out, in_, again, rtt
	}' | sort -n
}
# what is still being acknowledged settles; then two rounds in a row are the same, and the same as what ss says
settled() {
	theirs >"$work/theirs"
	ours | sort -n | uniq -c | awk '$1 >= 2 { $1 = ""; print substr($0, 2) }' | sort -n >"$work/ours"
	[ "$(wc -l <"$work/theirs")" = 1000 ] && [ -z "$(comm -23 <(sort "$work/theirs") <(sort "$work/ours"))" ]
}
wait_for 40 settled
[ "$(awk '{ sum += $2 } END { print sum }' "$work/theirs")" -ge 4995000 ] || fail "too few bytes: $(head -n 3 "$work/theirs")"
end_exporter
stop_receiver "$work/out"
kill $server_pid $client_pid
