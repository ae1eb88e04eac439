#!/bin/bash
# On a link that loses packets each segment that is sent again is a record, by the kernel's own count (nstat).
# timeout: 60
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
closed() { [ "$(lines "$work/records" '.event == "close"')" = 12 ]; }
wait_for 20 closed
segments=$(($(retransmitted) - before))
stop_flows
flows_add_up

[ $segments -ge 5 ] || fail "only $segments were sent again: nothing was shown"
mine="select(.netns == $here)"
equal "retransmit records" $segments "$(jq -c "$mine | select(.event == \"retransmit\")" "$work/records" | wc -l)"
equal "in the closes" $segments "$(jq "$mine | select(.event == \"close\").retransmits" "$work/records" | jq -s add)"
equal "payload, each byte once" "[200000,200000,200000,200000,200000,200000]" \
	"$(jq "$mine | select(.event == \"close\").tx_bytes" "$work/records" | jq -sc .)"
# each says how many there were of its connection, itself included
jq -sc "map($mine) | group_by(.local_port)[] | [(map(select(.event == \"retransmit\").retransmits) | sort), [range(1; 1 + (map(select(.event == \"close\").retransmits) | add))]]" \
	"$work/records" >"$work/numbers"
jq -e '.[0] == .[1]' "$work/numbers" >/dev/null || fail "they are not numbered from 1 on: $(jq -c 'select(.[0] != .[1])' "$work/numbers")"
jq -sc "map($mine | select(.event == \"retransmit\" and .comm != \"python3\" and .comm != \"python3.11\"))" "$work/records" >"$work/strange"
equal "of another process" "[]" "$(cat "$work/strange")"
echo "$segments segments"
