#!/bin/bash
# Another XDP program, held by a link or attached by netlink, is named and left alone; --replace takes its place.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults-lib.sh"

foreign=$root/.build/tests/e2e/faults-foreign
[ -x "$foreign" ] || skip "not built: make tests-build"
make_link rs0 0
make_link rs1 1
index=$(ip -j link show rs0 | jq '.[0].ifindex')

there() {
	ip -d -j link show rs0 | jq -r '.[0].xdp.prog.id // empty'
}

for how in link netlink generic; do
	"$foreign" $how "$index" >"$work/id" &
	wait_for 10 test -s "$work/id"
	id=$(cat "$work/id")
	mode=native
	[ $how = generic ] && mode=generic
	equal "the foreign program, $how" "$id" "$(there)"
	says 1 "^ringside-loader: attach xdp to rs0: another program is there: foreign \(id $id, $mode\)$" "$loader" load --no-flows rs0
	equal "the hint" "  load --replace takes its place" "$(sed -n 2p "$work/stderr")"
	# nor is the other interface loaded, whichever comes first
	says 1 "^ringside-loader: attach xdp to rs0: another program is there" "$loader" load --no-flows rs1 rs0
	equal "the foreign program after that, $how" "$id" "$(there)"
	untouched rs1
	equal "tc programs on rs0" 0 "$(bpftool -j net show dev rs0 | jq '.[0].tc | length')"

	"$loader" load --no-flows --replace -m 0666 rs0 >"$work/load"
	grep -q "^replaced on rs0: xdp program foreign (id $id, $mode)$" "$work/load" || fail "$(cat "$work/load")"
	[ "$(there)" != "$id" ] || fail "$how: the foreign program is still there"
	start_reader "$work/$how" rs0
	sees_ping "$work/$how" 0
	stop_reader "$reader_pid"
	"$loader" unload rs0 >/dev/null
	untouched rs0
	kill %% 2>/dev/null || true
	wait
	rm "$work/id"
done
