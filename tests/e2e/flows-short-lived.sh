#!/bin/bash
# A hundred programs, each from a file of its own, connect and exit at once: the records still know file, name, parent and ids.
. "$(dirname "$0")/flows-lib.sh"
total=100
[ "$slower" = 1 ] || total=30

load_flows
start_reader "$work/records" --stats 3600 flows
install -m 0755 "$(readlink -f "$(command -v nc)")" "$said/nc"
mkdir -m 0755 "$said/bin"
for i in $(seq $total); do
	ln "$said/nc" "$said/bin/short$i"
done
in_peer bash -c 'while :; do nc -l -k 10.9.0.2 7000; done' >/dev/null &
listening() { in_peer ss -tlnH sport 7000 | grep 7000 >/dev/null; }
wait_for 10 listening
: >"$said/k"
for i in $(seq $total); do
	uid=$((2000 + i))
	# -z: connect, and exit
	setpriv --reuid $uid --regid $((uid + 1)) --clear-groups "$known" "$said/k$i" "$said/bin/short$i" -z 10.9.0.2 7000 &
	[ $((i % 10)) != 0 ] || wait $!
done 2>/dev/null
last() { [ "$(cat "$said"/k?* | wc -l)" = $total ]; }
wait_for 20 last
for i in $(seq $total); do
	# the file's name, as that of a process, is cut after 15 bytes
	echo "$i $(<"$said/k$i")"
done | jq -Rc --arg bin "$said/bin/short" 'capture("^(?<i>[0-9]+) (?<k>.*)") | .i as $i | (.k | fromjson) +
	{exe: ($bin + $i), comm: ("short" + $i), uid: (2000 + ($i | tonumber)), remote_port: 7000, user: null} | del(.parent_exe) |
	(. + {event: "connect"}), (. + {event: "close"})' >"$work/expected"
equal "expected" $((2 * total)) "$(wc -l <"$work/expected")"
expect "$work/expected"
equal "gone by then" "" "$(pgrep -x 'short[0-9]*' || true)"
stop_flows
flows_add_up
echo "$total programs"
