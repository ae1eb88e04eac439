#!/bin/bash
# curl, a Node server, nc, dig and iperf3: the records say what the programs themselves knew.
. "$(dirname "$0")/flows-lib.sh"

for program in curl node nc dig iperf3 strace; do
	command -v $program >/dev/null || fail "$program is not installed: make deps"
done
load_flows
start_reader "$work/records" --stats 3600 flows
expected=$work/expected
install -m 0666 /dev/null "$said/k"

# program NAME: what all records of a process have in common, from the last line of $said/k
program() {
	local path
	path=$(readlink -f "$(command -v "$1")")
	tail -n 1 "$said/k" | jq -c --arg comm "$1" --arg exe "$path" '. + {comm: $comm, exe: $exe,
		user: (if .uid == 0 then "root" else "nobody" end), attribution: ["context", "socket"]}'
}

device() {
	ip route get "$1" | grep -o 'dev [^ ]*' | cut -d' ' -f2
}

# ------------------------------------------------------------------ curl and Node
in_peer "$known" "$said/k" node "$e2e/flows-node-server.js" >"$work/node" &
server=$!
wait_for 20 grep -q listening "$work/node"
node=$(program node)
head -c 20000 /dev/zero >"$work/upload"
# Each is closed when the server has closed it as well, a moment after curl's end; the last is IPv6 with a peer of IPv4.
pings 1 fd09::2
for url in 10.9.0.2 '[fd09::2]' '[::ffff:10.9.0.2]'; do
	nobody "$known" "$said/k" curl -sS -g -o "$said/body" -T "$work/upload" -H Expect: -w '%{json}' "http://$url:8080/" >"$work/curl"
	jq -c --argjson known "$(program curl)" --arg dev "$(device 10.9.0.2)" --argjson slower "$slower" '
		def plain: sub("^::ffff:"; "");
		($known + {tid: $known.pid, if_name: $dev, direction: "out", protocol: 6, local_ip: .local_ip | plain, local_port,
			remote_ip: .remote_ip | plain, remote_port: .remote_port, netns: '"$here"',
			ip_version: (if .local_ip | plain | test(":") then 6 else 4 end)}) as $all |
		($all + {event: "connect", latency_us: {min: 1, max: (.time_connect * 1000000)}}),
		($all + {event: "close", tx_bytes: (.size_request + .size_upload), rx_bytes: (.size_header + .size_download),
			duration_us: {min: 1, max: (.time_total * 1000000 + 1000000 * $slower)}, retransmits: {min: 0}})' "$work/curl" >>"$expected"
done
wait_for 10 at_least "$work/node" 4
# Node's own account of each connection
grep -v listening "$work/node" | jq -c --argjson known "$node" '
	($known + {tid: $known.pid, if_name: "peer0", direction: "in", protocol: 6, local_ip, local_port, remote_ip, remote_port,
		netns: '"$there"'}) as $all |
	($all + {event: "accept"}), ($all + {event: "close", rx_bytes, tx_bytes})' >>"$expected"
equal "what is expected of curl and Node" 12 "$(wc -l <"$expected")"
kill "$server"

# ------------------------------------------------------------------ nc, seen by strace and ss
mkfifo "$work/to_nc"
in_peer strace -yy -e trace=network,read,write -o "$said/strace.server" "$known" "$said/k" nc -l 10.9.0.2 7000 >"$work/received" &
wait_for 10 grep -qs listen "$said/strace.server"
nc=$(program nc)
nobody strace -yy -e trace=network,read,write,poll -o "$said/strace.client" "$known" "$said/k.client" nc -N 10.9.0.2 7000 <"$work/to_nc" &
client=$!
exec {to_nc}>"$work/to_nc"
head -c 34567 /dev/zero >&"$to_nc"
received() {
	[ "$(stat -c %s "$work/received")" = 34567 ]
}
wait_for 10 received
# unread in no queue any more: all is acknowledged
acked() {
	ss -tinH dst 10.9.0.2:7000 | grep bytes_acked:34568 >/dev/null
}
wait_for 10 acked
ss -tinH dst 10.9.0.2:7000 >"$work/ss"
exec {to_nc}>&-
wait "$client"
cat "$said/k.client" >>"$said/k"
port=$(grep -oE '10\.9\.0\.1:[0-9]+->10\.9\.0\.2:7000' "$said/strace.client" | sed -n 1p | sed 's/.*1:\(.*\)->.*/\1/')
[ -n "$port" ] || fail "strace saw no address of nc: $(tail "$said/strace.client")"
# bytes FILE CALLS: what these calls returned, of the connection
bytes() {
	grep -E "^($2)\([0-9]+<TCP:.*->" "$1" | sed -n 's/.*) = \([0-9]*\)$/\1/p' | jq -s 'add // 0'
}
sent=$(bytes "$said/strace.client" 'write|sendto|send')
equal "bytes that strace saw, that ss saw" "34567 34567" "$sent $(grep -oE 'bytes_sent:[0-9]+' "$work/ss" | cut -d: -f2)"
ends='local_ip: "10.9.0.1", local_port: '$port', remote_ip: "10.9.0.2", remote_port: 7000'
jq -nc --argjson known "$(program nc)" "(\$known + {tid: \$known.pid, if_name: \"rs0\", direction: \"out\", $ends}) as \$all |
	(\$all + {event: \"connect\"}), (\$all + {event: \"close\", tx_bytes: $sent, rx_bytes: 0})" >>"$expected"
ends='local_ip: "10.9.0.2", local_port: 7000, remote_ip: "10.9.0.1", remote_port: '$port
jq -nc --argjson known "$nc" "(\$known + {tid: \$known.pid, if_name: \"peer0\", direction: \"in\", $ends}) as \$all |
	(\$all + {event: \"accept\"}), (\$all + {event: \"close\", rx_bytes: $(bytes "$said/strace.server" 'read|recvfrom'), tx_bytes: 0})" >>"$expected"

# ------------------------------------------------------------------ dig
in_peer "$known" "$said/k" python3 "$e2e/flows-dns-server.py" "$work/expected.dns" >"$work/dns" &
server=$!
wait_for 20 grep -q listening "$work/dns"
for address in 10.9.0.2 fd09::2 10.9.0.2; do
	"$known" "$said/k" dig "@$address" ringside.test +tries=1 >"$work/dig"
	grep -q 192.0.2.7 "$work/dig" || fail "dig got no answer: $(cat "$work/dig")"
	size=$(sed -n 's/^;; MSG SIZE .*: //p' "$work/dig")
	program dig | jq -c 'del(.attribution) + {event: "udp_recv", bytes: '"$size"', packets: 1, remote_ip: "'$address'", end: null, netns: '"$here"'}' >>"$expected"
done
wait "$server"
cat "$work/expected.dns" >>"$expected"

# ------------------------------------------------------------------ iperf3
iperf() {
	in_peer "$known" "$said/k" iperf3 -s -1 -J >"$work/iperf.server" &
	server=$!
	listening() { in_peer ss -tlnH sport 5201 | grep 5201 >/dev/null; }
	wait_for 20 listening
	iperf_server=$(program iperf3)
	"$known" "$said/k" iperf3 -c 10.9.0.2 -J "$@" >"$work/iperf.client" || fail "iperf3: $(cat "$work/iperf.client")"
	wait "$server"
}
iperf -n 4M -P 2
# Before the payload a cookie of 37 bytes goes over each connection; at the end the server leaves some of it unread, and what it
# leaves the client may not even have sent when the connection is reset. Whoever is reset was closed by no thread.
# A block of 128 KiB that was under way when it stopped counting is not in its figures, nor what is sent again then.
cat "$work/iperf.client" "$work/iperf.server" | jq -sc --argjson client "$(program iperf3)" --argjson server "$iperf_server" '
	.[0] as $c | .[1] as $s | ($c.start.connected | map({(.socket | tostring): .}) | add) as $at |
	($c.end.streams[].sender | $at[.socket | tostring] as $a |
		($client + {tid: $client.pid, local_ip: $a.local_host, local_port: $a.local_port, remote_ip: $a.remote_host, remote_port: $a.remote_port}) as $all |
		($all + {event: "connect"}), (($all | del(.tid)) + {event: "close", tx_bytes: {min: (([$s.end.streams[].receiver.bytes] | min) + 37), max: (.bytes + 37 + 131072)}, rx_bytes: 0, retransmits: {min: .retransmits}})),
	($s.start.connected | map({(.socket | tostring): .}) | add) as $at |
	($s.end.streams[].receiver | $at[.socket | tostring] as $a |
		($server + {tid: $server.pid, local_ip: $a.local_host, local_port: $a.local_port, remote_ip: $a.remote_host, remote_port: $a.remote_port}) as $all |
		($all + {event: "accept"}), (($all | del(.tid)) + {event: "close", rx_bytes: {min: (.bytes + 37), max: (([$c.end.streams[].sender.bytes] | max) + 37 + 131072)}, tx_bytes: 0}))' >>"$expected"
iperf -u -b 20M -n 400K
# and here a datagram of 4 bytes in each direction
jq -c --argjson client "$(program iperf3)" '.start.connected[0] as $a | .end.streams[0].udp |
	$client + {event: "udp_send", packets: (.packets + 1), bytes: (.bytes + 4), local_ip: $a.local_host, local_port: $a.local_port,
	remote_ip: $a.remote_host, remote_port: $a.remote_port}' "$work/iperf.client" >"$work/udp"
if sees_udp_close; then jq -c '.end = true' "$work/udp" >>"$expected"; else jq -c 'del(.attribution) + {end: true}' "$work/udp" >>"$expected"; fi

expect "$expected" 20
stop_flows
flows_add_up
echo "$(wc -l <"$expected") records as $(wc -l <"$said/k") programs knew them"
