#!/bin/bash
# A reader that is started first waits; loaded, unloaded, loaded again, with the pin root coming and going, it follows and says so.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults-lib.sh"

make_link rs0 0
for arguments in rs0 ""; do
	# shellcheck disable=SC2086 # a word or none
	"${nobody[@]}" "$reader" -v --type 8 --stats 3600 $arguments >"$work/all" 2>"$work/all.err" &
	first=$!
	wait_for 10 grep -q '^ringside-reader: waiting for .* to be loaded' "$work/all.err"
	for round in 1 2 3; do
		"$loader" load --no-flows -m 0666 rs0 >/dev/null
		follows() { [ "$(grep -c following "$work/all.err")" = $round ]; }
		wait_for 10 follows
		sees_ping "$work/all" 0
		"$loader" unload rs0 >/dev/null
		gone() { [ "$(grep -c 'rs0: unloaded; waiting for it to be loaded again' "$work/all.err")" = $round ]; }
		wait_for 10 gone
		untouched rs0
	done
	equal "requests" 3 "$(lines "$work/all" '.icmp_type == 8 and .direction == "out"')"
	# each ring's account was closed when it went
	equal "accounts" 3 "$(lines "$work/all" '.event == "stats" and .final and .written == .delivered + .lost and .lost == 0')"
	stop_reader $first
done
