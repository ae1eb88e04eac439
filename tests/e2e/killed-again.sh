#!/bin/bash
# A load again that is killed at any step leaves the old programs or the new ones at work on the same ring.
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/killed-lib.sh"

links=(rs0)
make_link rs0 0

before_step() {
	[ -n "$(sources)" ] || "$loader" load --no-flows -m 0666 rs0 >/dev/null
}

after_step() {
	equal "$step: sources" rs0 "$(sources)"
	whole rs0
	counts rs0 || fail "$step: nothing is written any more"
	if [ $((n % 2)) = 0 ]; then
		"$loader" load --no-flows rs0 >"$work/out" || fail "$step: load after it: status $?"
		grep -q "programs swapped" "$work/out" || fail "$step: the ring was not kept"
		stage_empty
		counts rs0 || fail "$step: after the next load nothing is written"
	else
		"$loader" unload --all >"$work/out" || fail "$step: unload after it: status $?"
		nothing_left
	fi
}

each_step 8 "$loader" load --no-flows rs0
