#!/bin/bash
# A connect's latency is the round trip from SYN to established: 50 ms on a link that takes 50 ms, within 10 %.
. "$(dirname "$0")/flows-lib.sh"

load_flows
make_wire 50 0
start_reader "$work/records" --stats 3600 flows
ping -n -q -c 5 -i 0.1 "$far" >"$work/ping"
python3 "$e2e/flows-send.py" 5 1000 "$far"
ping -n -q -c 5 -i 0.1 "$far" >>"$work/ping"
closed() { [ "$(lines "$work/records" ".event == \"close\" and .netns == $here")" = 5 ]; } # the host may have others
wait_for 10 closed
stop_flows

# ping's own, the smaller of two averages: on a busy machine they may be larger
ping_us=$(sed -n 's|^rtt.*= [0-9.]*/\([0-9.]*\)/.*|\1|p' "$work/ping" | jq -s 'min * 1000 | floor')
median() {
	jq "select($1) | $2" "$work/records" | jq -s 'sort | .[length / 2 | floor]'
}
latency=$(median ".event == \"connect\" and .netns == $here" .latency_us)
rtt=$(median ".event == \"close\" and .netns == $here" .rtt_us)
# at least what the link takes; at most 10 % more, or more than ping, where the machine itself is slow
most=$((55000 > ping_us * 110 / 100 ? 55000 : ping_us * 110 / 100))
if [ "$latency" -lt 50000 ] || [ "$latency" -gt $most ]; then fail "latency $latency us on a link of 50 ms, where ping says $ping_us us"; fi
if [ "$rtt" -lt 50000 ] || [ "$rtt" -gt $((most * 110 / 100)) ]; then fail "rtt_us $rtt on a link of 50 ms, where ping says $ping_us us"; fi
equal "if_name" "$wire" "$(jq -r "select(.event == \"connect\" and .netns == $here) | .if_name" "$work/records" | sort -u)"
echo "latency $latency us, rtt $rtt us, ping $ping_us us"
