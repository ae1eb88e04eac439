#!/bin/bash
# load --flow-interval 1: while a connection lives, its totals once a second, and they are the kernel's own.
. "$(dirname "$0")/flows-lib.sh"

load_flows --flow-interval 1
equal "the interval in status" 1000 "$(jq .flow_interval_ms "$work/status")"
start_reader "$work/records" --stats 3600 flows
mkfifo "$work/go"
python3 "$e2e/flows-interval.py" >"$work/port" <"$work/go" &
connection=$!
exec {go}>"$work/go"
busy() { [ -s "$work/port" ]; }
wait_for 20 busy
port=$(<"$work/port")
# totals FIELD...: of the client's last record
last() {
	jq -c "select(.event == \"flow\" and .local_port == $port) | [.tx_bytes, .rx_bytes, .tx_packets, .rx_packets, .retransmits]" "$work/records" | tail -n 1
}
of_ss() {
	ss -tinH sport "$port" | grep -oE ' (bytes_sent|bytes_retrans|bytes_received|segs_out|segs_in|retrans):[0-9/]+' |
		jq -Rn '[inputs / ":" | {(.[0][1:]): (.[1] / "/")[-1] | tonumber}] | add |
			[.bytes_sent - (.bytes_retrans // 0), .bytes_received, .segs_out, .segs_in, (.retrans // 0)]' -c
}
# it is idle now: what is told of it does not change any more
same() { [ "$(last)" = "$(of_ss)" ]; }
wait_for 10 same
[ "$(of_ss | jq '.[0] >= 1000 and .[1] >= 100')" = true ] || fail "nothing went over it: $(of_ss)"
echo >&"$go"
wait $connection
closed() { [ "$(lines "$work/records" ".event == \"close\" and (.local_port == $port or .remote_port == $port)")" = 2 ]; }
wait_for 10 closed
stop_flows
flows_add_up
# both ends, and what their records say by themselves
for direction in out in; do
	jq -c "select((.event == \"flow\" or .event == \"close\") and .direction == \"$direction\" and (.local_port == $port or .remote_port == $port))" \
		"$work/records" >"$work/$direction"
	jq -se '.[-1].event == "close" and (.[:-1] | length >= 3 and all(.event == "flow")) and all(.comm | startswith("python3")) and
		([range(1; length) as $i | .[$i].tx_bytes >= .[$i - 1].tx_bytes and .[$i].rx_bytes >= .[$i - 1].rx_bytes and
			.[$i].tx_packets >= .[$i - 1].tx_packets and .[$i].duration_us > .[$i - 1].duration_us] | all) and
		# a second apart, and a quarter of one that the timer takes
		([.[:-1] | range(1; length) as $i | .[$i].ts_us - .[$i - 1].ts_us] | all(. >= 990000) and (.[0] <= 1400000 * '"$slower"'))' \
		"$work/$direction" >/dev/null || fail "totals of $direction: $(jq -c '[.event, .ts_us, .duration_us, .tx_bytes, .rx_bytes, .tx_packets, .comm]' "$work/$direction")"
done
# without the option there are none
"$loader" unload --all >/dev/null
"$loader" load -m 0666 ${RINGSIDE_TEST_HOOKS:+--hooks "$RINGSIDE_TEST_HOOKS"} rs0 >/dev/null
equal "the interval in status without the option" 0 "$(flows_status | jq .flow_interval_ms)"
echo "$(wc -l <"$work/out") and $(wc -l <"$work/in") records"
