#!/bin/bash
# Flows are loaded once, with the first interface, and unloaded with the last: another interface leaves them as they are,
# under traffic; --no-flows, --no-icmp and unload flows leave out one or the other; two loaders at once wait for each other.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flows-load-lib.sh"

make_link rs0 0
make_link rs1 1
identity() {
	"$loader" status --json flows | jq -c '.sources[0] | [.since_ms, .ring, .hooks, .readers]'
	flows_links
}
pinned() {
	find "$pin_root/flows" -printf '%P %i %m %G\n' | sort
}

"$loader" load -m 0666 --ring-size 64M rs0 >"$work/load"
equal "sources" "flows rs0" "$(sources)"
grep -q "^attached to sockets: flows" "$work/load" || fail "$(cat "$work/load")"
start_reader "$work/all" flows
start_traffic "$work/made" 1
before=$(identity) pins=$(pinned)
"$loader" load rs1 >"$work/load"
! grep -q "flows" "$work/load" || fail "flows were loaded again: $(cat "$work/load")"
"$loader" load --no-flows rs1 >/dev/null
"$loader" load rs0 >/dev/null
"$loader" unload rs0 >"$work/unload"
equal "what unload says" "detached from interface: rs0" "$(cat "$work/unload")"
equal "flows, with one interface more and one less" "$before" "$(identity)"
equal "their pins" "$pins" "$(pinned)"
stop_traffic "$work/made" "$work/all"
whole "$work/all"
no_gap "$work/all"
equal "messages of the reader" 1 "$(wc -l <"$work/all.err")"

# the last one takes them with it, and the reader says so
held_links=$(flows_links)
"$loader" unload rs1 >"$work/unload"
equal "what unload says" "detached from interface: rs1 detached from sockets: flows" "$(xargs <"$work/unload")"
[ ! -e "$pin_root" ] || fail "left: $(find "$pin_root")"
gone() {
	local id
	for id in $held_links; do ! bpftool link show id "$id" >/dev/null 2>&1 || return 1; done
}
wait_for 10 gone # the kernel takes its time
wait_for 10 grep -q 'flows: unloaded; waiting for it to be loaded again' "$work/all.err"

# one without the other
"$loader" load --no-flows -m 0666 rs0 >/dev/null
equal "with --no-flows" "rs0" "$(sources)"
"$loader" load --no-icmp -m 0666 lo >/dev/null
equal "with --no-icmp" "flows rs0" "$(sources)"
wait_for 10 grep -q 'following' <(tail -n 1 "$work/all.err")
"$loader" unload flows >"$work/unload"
equal "what unload says" "detached from sockets: flows" "$(cat "$work/unload")"
equal "after unload flows" "rs0" "$(sources)"
"$loader" unload --all >/dev/null
"$loader" load --no-icmp rs0 >/dev/null
equal "flows alone" "flows" "$(sources)"
! ip -d link show rs0 | grep prog/xdp >/dev/null || fail "--no-icmp attached to rs0"
# what was not loaded cannot be unloaded, and takes nothing with it
! "$loader" unload rs0 >"$work/out" 2>&1 || fail "rs0 was unloaded and never loaded"
equal "after unload of what is not loaded" "flows" "$(sources)"
"$loader" unload --all >"$work/unload"
equal "what unload says" "detached from sockets: flows" "$(cat "$work/unload")"
[ ! -e "$pin_root" ] || fail "left: $(find "$pin_root")"

# two at once, over and over: one does the work, the other finds it done
for i in $(seq $((slower == 1 ? 8 : 2))); do
	"$loader" load -m 0666 rs0 >"$work/one" 2>&1 &
	one=$!
	"$loader" load -m 0666 rs1 >"$work/two" 2>&1 || fail "$(cat "$work/two")"
	wait $one || fail "$(cat "$work/one")"
	equal "sources after two loaders" "flows rs0 rs1" "$(sources)"
	equal "loads of flows by two loaders" 1 "$(cat "$work/one" "$work/two" | grep -c "^attached to sockets")"
	"$loader" unload rs0 >"$work/one" 2>&1 &
	one=$!
	"$loader" unload rs1 >"$work/two" 2>&1 || fail "$(cat "$work/two")"
	wait $one || fail "$(cat "$work/one")"
	[ ! -e "$pin_root" ] || fail "left by two loaders: $(find "$pin_root")"
done
