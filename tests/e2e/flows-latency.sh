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
[ "$latency" -ge 50000 ] || fail "it took $latency us, which is less than the link does"
[ "$latency" -le $((ping_us * 110 / 100)) ] || fail "latency $latency us, but ping says $ping_us us"
[ "$latency" -ge $((ping_us * 90 / 100)) ] || fail "latency $latency us, but ping says $ping_us us"
[ "$rtt" -ge 45000 ] && [ "$rtt" -le $((ping_us * 120 / 100)) ] || fail "rtt_us $rtt, but ping says $ping_us us"
if [ "$slower" = 1 ]; then
	[ "$latency" -le 55000 ] || fail "latency $latency us, on a link of 50 ms"
fi
# the other side waits for nothing between the handshake and its accept
equal "if_name" "$wire" "$(jq -r "select(.event == \"connect\" and .netns == $here) | .if_name" "$work/records" | sort -u)"
echo "latency $latency us, rtt $rtt us, ping $ping_us us"
