#!/bin/bash
# Each option of the reader selects, of real traffic, exactly what it says; text is in ebpflowexport's layout.
. "$(dirname "$0")/flows-lib.sh"

load_flows
pings 1 fd09::2
python3 "$e2e/flows-options.py" >"$work/pid"
pid=$(<"$work/pid")
# a segment that is sent again: nobody answers
ip neigh replace 10.9.0.77 dev rs0 lladdr 02:00:00:00:00:99
timeout 1.5 nc 10.9.0.77 7085 </dev/null || true

# What is there, once; of this test's namespaces and of others'. Nothing new is written to the ring that would matter.
all() { "$reader" --once --from-start "$@" flows; }
ready() {
	all >"$work/all"
	[ "$(lines "$work/all" '(.event == "connect_failed" and .remote_port == 7085) or (.event == "retransmit" and .remote_port == 7085) or
		(.event == "udp_send" and .end and .remote_port == 7054)')" -ge 3 ]
}
wait_for 10 ready
last=$(jq -s 'map({key: "cpu\(.cpu)", value: .seq}) | group_by(.key) | map(max_by(.value)) | from_entries' "$work/all")

# selects FILTER OPTIONS...: the options give what the filter gives, some records and not all
selects() {
	local filter=$1
	shift
	# those that came since do not count
	all "$@" | jq -r --argjson last "$last" 'select(.seq <= $last["cpu\(.cpu)"]) | "\(.cpu) \(.seq) \(.event)"' | sort >"$work/some"
	jq -r "select($filter) | \"\\(.cpu) \\(.seq) \\(.event)\"" "$work/all" | sort >"$work/wanted"
	[ -s "$work/wanted" ] || fail "there is nothing for $*"
	[ "$(wc -l <"$work/wanted")" -lt "$(wc -l <"$work/all")" ] || fail "all is for $*"
	cmp -s "$work/some" "$work/wanted" || fail "$* does not give what $filter gives: $(diff "$work/some" "$work/wanted" | head -n 4)"
}
selects '.protocol == 6' -t
selects '.protocol == 17' --udp
selects '.event == "accept" or .event == "udp_recv"' -i
selects '.event == "connect" or .event == "connect_failed" or .event == "udp_send"' --out
selects '.event == "retransmit"' -r
selects '.event == "close"' -c
selects '.event == "close" or .event == "accept" or .event == "retransmit"' -t -i -c -r
selects '.event == "udp_send"' -uo
selects ".pid == $pid" --pid "$pid"
selects '.uid == 12345' --uid 12345
selects '.comm == "somebody"' --comm somebody
selects '.comm == "somebody" or .comm == "nc"' --comm somebody --comm nc
selects '.local_port == 7080 or .remote_port == 7080' --port 7080
selects '[.local_ip, .remote_ip] | any(. == "fd09::2" or . == "fd09::1")' --net fd09::/16
selects '[.local_ip, .remote_ip] | any(. == "127.0.0.1")' --net 127.0.0.0/8
selects '([.local_ip, .remote_ip] | all((. // "" | startswith("127.") | not) and . != "::1")) and .if_name != "lo"' --no-loopback
selects '.event == "close" and (.local_port == 7081 or .remote_port == 7081) and .pid == '"$pid" -tc --port 7081 --pid "$pid" --no-loopback
equal "of a container that is not there" "" "$(all --container 0123456789ab)"

# the layout of the original, here with the process and without a container
all -f text -to --port 7080 >"$work/text"
real=$(jq -r "select(.event == \"connect\" and .remote_port == 7080) | .exe" "$work/all")
grep -qxE '[0-9]{10}\.[0-9]{6} \[rs0\]\[Sent\]\[IPv4/TCP\]\[pid/tid: '"$pid/$pid \\[$real"'\], uid/gid: 0/0\]\[father pid/tid: ([0-9]+)/\1 \[/usr/bin/bash\], uid/gid: 0/0\]\[addr: 10\.9\.0\.1:[0-9]+ <-> 10\.9\.0\.2:7080\](\[containerID: [0-9a-f]{12}\]\[runtime: [a-z]+\])?\[latency: [0-9]+\.[0-9]{2} msec\]' "$work/text" ||
	fail "another layout: $(cat "$work/text")"
equal "its lines" 1 "$(wc -l <"$work/text")"
all -f text -u --comm somebody | sed -n 1p >"$work/text"
grep -qE '^[0-9.]+ \[rs0\]\[Sent\]\[IPv4/UDP\]\[pid/tid: .* <-> 10\.9\.0\.2:7054\].*\[packets: 1\]\[bytes: 1\]' "$work/text" || fail "another layout: $(cat "$work/text")"

# seen = written + filtered + failed
flows_add_up
echo "17 selections of $(wc -l <"$work/all") records"
