#!/bin/bash
# UDP: the first datagram at once, totals at most once a second, exact ones at the end; real local addresses.
. "$(dirname "$0")/flows-lib.sh"

load_flows
pings 1 fd09::2
start_reader "$work/records" --stats 3600 flows
python3 "$e2e/flows-udp.py" "$work/expected" >"$work/said.txt"
expect "$work/expected"
stop_flows
flows_add_up

# of the one that went on
first=$(sed -n 's/^first //p' "$work/said.txt")
jq -c "select(.event == \"udp_send\" and .remote_port == 7001) | [.ts_us, .packets, .bytes, .end]" "$work/records" >"$work/sums"
jq -se --argjson first "$first" --argjson slower "$slower" '
	(.[0][1] == 1 and .[0][0] - $first < 100000 * $slower) and
	(.[-1][3] == true) and (map(select(.[3])) | length == 1) and
	([.[:-1] | range(1; length) as $i | .[$i][0] - .[$i - 1][0]] | length >= 2 and all(. >= 999000)) and
	([range(1; length) as $i | .[$i][1] > .[$i - 1][1] or .[$i][3]] | all)' "$work/sums" >/dev/null ||
	fail "begun at $first, and these are no totals of once a second: $(cat "$work/sums")"
echo "$(wc -l <"$work/expected") totals"
