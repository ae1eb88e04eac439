#!/bin/bash
# Loading again under traffic swaps the programs without losing a record, and readers notice nothing;
# with another ring size they move to the new ring by themselves.
. "$(dirname "$0")/lib.sh"

make_link rs0 0
"$loader" load -m 0666 rs0 >/dev/null
start_reader "$work/all" --stats 3600 rs0
all=$reader_pid
# echoes COUNT: so many requests and replies have come
echoes() {
	[ "$(grep -cE '"icmp_type":(0|8),"icmp_code":0,.*"ip_version":4' "$work/all")" -ge "$1" ]
}
ping -n -q -i 0.002 10.9.0.2 >"$work/ping" &
ping=$!
loads=$((slower == 1 ? 25 : 5))
for i in $(seq $loads); do
	"$loader" load rs0 >"$work/load"
	grep -q "programs swapped" "$work/load" || fail "$(cat "$work/load")"
done
kill -INT $ping
wait $ping || true
read -r sent _ _ received _ < <(grep "packets transmitted" "$work/ping")
[ "$received" -ge $((sent - 1)) ] || fail "$sent pings, $received answers"
[ "$sent" -ge 50 ] || fail "only $sent pings while $loads loads went on"
wait_for 10 echoes $((sent + received))
kill -0 "$all" || fail "the reader ended"
equal "messages of the reader" 1 "$(wc -l <"$work/all.err")"
equal "requests" "$sent" "$(lines "$work/all" '.icmp_type == 8')"
replies=$(lines "$work/all" '.icmp_type == 0')
[ "$replies" -ge "$received" ] && [ "$replies" -le "$sent" ] || fail "$received answers, $replies replies"
# and each CPU's numbers have no gap
equal "gaps" 0 "$(jq -s 'group_by(.cpu) | map(map(.seq) | (max - min + 1) - length) | add' "$work/all")"
echo "$loads loads, $((sent + replies)) records, no gap"

# modes and readers are kept unless options say otherwise
equal "modes" "0666 0666" "$("$loader" status --json | jq -r '.sources[].readers.mode' | xargs)"

# another size: a new ring
"$loader" load --ring-size 64K rs0 >/dev/null
pings 10 10.9.0.2
wait_for 10 echoes $((sent + replies + 20))
wait_for 10 grep -q "following (.* 512 records" "$work/all.err"
stop_reader "$all"
equal "requests" $((sent + 10)) "$(lines "$work/all" '.icmp_type == 8')"
jq -c 'select(.event == "stats") | [.written, .delivered + .lost]' "$work/all" | while read -r pair; do
	jq -e '.[0] == .[1]' <<<"$pair" >/dev/null || fail "account: $pair"
done

# another mode, and without egress: the link is made anew
"$loader" load --xdp generic --no-egress rs0 >"$work/load"
grep -q "xdp generic" "$work/load" || fail "$(cat "$work/load")"
start_reader "$work/generic" --type 8,0 rs0
pings 10 10.9.0.2
wait_for 10 at_least "$work/generic" 10
equal "without egress" "0 10" "$(lines "$work/generic" '.direction == "out"') $(lines "$work/generic" '.direction == "in"')"
