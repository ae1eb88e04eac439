#!/bin/bash
# A reader that was stopped says exactly how many it lost, the others lose none, and killed readers leave nothing behind.
# timeout: 180
. "$(dirname "$0")/lib.sh"

make_link rs0 0
# without neighbours being sought, only pings are counted
sysctl -qw net.ipv6.conf.rs0.disable_ipv6=1
ip netns exec peer sysctl -qw net.ipv6.conf.peer0.disable_ipv6=1
# 512 records for each CPU
"$loader" load --no-flows -m 0666 --ring-size 64K rs0 >/dev/null

written() {
	"$loader" status --json | jq '.sources[0].written'
}

start_reader "$work/stopped" --stats 3600 rs0
stopped=$reader_pid
others=()
for i in 1 2 3; do
	start_reader "$work/other$i" --stats 3600 rs0
	others+=("$reader_pid")
done
killed=()
for i in 1 2 3 4; do
	start_reader "$work/killed$i" rs0
	killed+=("$reader_pid")
done
before=$(written)

# some that it reads, then more than two laps of both rings that it does not, then some again
pings 50 10.9.0.2
wait_for 10 at_least "$work/stopped" 100
kill -STOP "$stopped"
kill -STOP "${killed[0]}"
for i in 1 2 3 4 5; do
	ip netns exec peer ping -n -q -i 0.002 -c 500 -W 5 10.9.0.1 | grep " 500 received" >/dev/null || fail "ping: not all were answered"
	kill -KILL "${killed[i % 4]}" 2>/dev/null || true
done
kill -CONT "$stopped"
for pid in "${killed[@]}"; do
	wait "$pid" 2>/dev/null || true
done
pings 50 10.9.0.2

# the ping that was answered last is in everybody's hands
settled() {
	local last
	for i in 1 2 3; do
		last=$(lines "$work/other$i" '.icmp_type == 0 or .icmp_type == 8')
		[ "$last" = 5200 ] || return 1
	done
	[ "$(lines "$work/stopped" '.icmp_type == 8 and .direction == "out"')" -ge 100 ]
}
wait_for 10 settled
for pid in "$stopped" "${others[@]}"; do
	stop_reader "$pid"
done

total=$(($(written) - before))
for i in 1 2 3; do
	equal "lost by reader $i" 0 "$(jq -s 'map(select(.event == "lost").count) | add // 0' "$work/other$i")"
	accounts "$work/other$i"
	equal "requests and replies of reader $i" 5200 "$(lines "$work/other$i" '.icmp_type == 0 or .icmp_type == 8')"
done
accounts "$work/stopped"

# What it says it lost is what is missing: of each CPU's numbers, and of all records of another reader.
jq -s '[.[] | select(.event == "lost") | (.cpus // [{cpu, count}])[]] | group_by(.cpu) |
	map({key: "\(.[0].cpu)", value: (map(.count) | add)}) | from_entries' -S "$work/stopped" >"$work/said"
key='select(.event == "icmp") | "\(.cpu) \(.seq)"'
comm -13 <(jq -r "$key" "$work/stopped" | sort) <(jq -r "$key" "$work/other1" | sort) >"$work/missing"
comm -23 <(jq -r "$key" "$work/stopped" | sort) <(jq -r "$key" "$work/other1" | sort) >"$work/extra"
jq -R 'split(" ")[0]' "$work/missing" | jq -s -S 'group_by(.) | map({key: .[0], value: length}) | from_entries' >"$work/found"
equal "records only the stopped reader has" 0 "$(wc -l <"$work/extra")"
equal "lost on each CPU" "$(cat "$work/found")" "$(cat "$work/said")"
lost=$(wc -l <"$work/missing")
[ "$lost" -ge 3000 ] || fail "it lost only $lost: it was not stopped for long enough to show anything"
# A ring holds its size: of each CPU that was lapped not more is lost than must be.
printed=$(jq 'select(.event == "stats") | .printed' "$work/stopped")
[ "$printed" -ge $((100 + 512)) ] || fail "it found only $printed of the last records"

# written by the loader's count, delivered and lost by the reader's
equal "written since the readers came" "$total" "$(jq 'select(.event == "stats") | .written' "$work/other1")"
"$loader" status --json | jq -e '.sources[0] | .whole and .seen == .written + ([.filtered[], .failed[]] | add)' >/dev/null ||
	fail "the counters do not add up: $("$loader" status)"
equal "failed" 0 "$("$loader" status --json | jq '[.sources[0].failed[]] | add')"

# nothing of the killed is left: no process, no pin, and the source goes as if they had never been
equal "readers left" "" "$(pgrep -x ringside-reader || true)"
equal "pins" "about bell counters ring root" "$(cd /run/ringside/rs0 && echo *)"
"$loader" unload --all >/dev/null
[ ! -e /run/ringside ] || fail "the pin root is left"
echo "stopped: $printed printed and $lost lost of $total; the others lost none"
