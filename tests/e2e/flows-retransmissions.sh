#!/bin/bash
# On a link that loses packets each segment that is sent again is in a record, by the kernel's own count (nstat).
. "$(dirname "$0")/flows-lib.sh"

load_flows
make_wire 2 3
start_reader "$work/records" --stats 3600 flows
# Of this namespace alone: answers to SYNs that are sent again by listeners have no socket yet, and are the peer's.
retransmitted() {
	nstat -asz TcpRetransSegs | awk '/RetransSegs/ { print $2 }'
}
before=$(retransmitted)
python3 "$e2e/flows-send.py" 6 200000 "$far"
closed() { [ "$(lines "$work/records" ".event == \"close\" and (.netns == $here or .netns == $there)")" = 12 ]; }
wait_for 20 closed
segments=$(($(retransmitted) - before))
# A SYN that still waits for its neighbour's address is not sent again, although its time has come.
before=$(retransmitted)
timeout 2.5 nc 10.9.0.78 7085 </dev/null || true
unsent=$(($(retransmitted) - before))
stop_flows
flows_add_up

[ $segments -ge 5 ] || fail "only $segments were sent again: nothing was shown"
equal "of SYNs that were not sent" $unsent "$(lines "$work/records" '.event == "retransmit" and .remote_port == 7085')"
mine="select(.netns == $here and .remote_port != 7085)"
equal "in the closes" $segments "$(jq "$mine | select(.event == \"close\").retransmits" "$work/records" | jq -s add)"
equal "payload, each byte once" "[200000,200000,200000,200000,200000,200000]" \
	"$(jq "$mine | select(.event == \"close\").tx_bytes" "$work/records" | jq -sc .)"
# Each says how many there were of its connection, itself included; one that is larger than a segment is several.
jq -sc "map($mine) | group_by(.local_port)[] | [0] + map(select(.event == \"retransmit\").retransmits) +
	map(select(.event == \"close\").retransmits)" "$work/records" >"$work/numbers"
jq -e '.[-1] == .[-2] and ([.[:-1] | range(1; length) as $i | .[$i] > .[$i - 1]] | all)' "$work/numbers" >"$work/grow" ||
	fail "not each segment that was sent again is in one record: $(cat "$work/numbers")"
equal "connections" 6 "$(grep -c true "$work/grow")"
[ "$(lines "$work/records" ".netns == $here and .event == \"retransmit\" and .remote_port != 7085")" -ge $((segments / 2)) ] || fail "too few records"
jq -sc "map($mine | select(.event == \"retransmit\" and .comm != \"python3\" and .comm != \"python3.11\"))" "$work/records" >"$work/strange"
equal "of another process" "[]" "$(cat "$work/strange")"
echo "$segments segments"
