#!/bin/bash
# An unload that is killed at any step leaves a source that can still be read or none, and the next load or unload works.
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/killed-lib.sh"

links=(rs0)
make_link rs0 0

before_step() {
	"$loader" load --no-flows -m 0666 rs0 >/dev/null
}

after_step() {
	[ -z "$(sources)" ] || whole rs0
	if [ $((n % 2)) = 0 ]; then
		"$loader" load --no-flows -m 0666 rs0 >"$work/out" || fail "$step: load after it: status $?"
		stage_empty
		counts rs0 || fail "$step: after the next load nothing is written"
	fi
	"$loader" unload --all >"$work/out" || fail "$step: unload after it: status $?"
	nothing_left
}

each_step 1 "$loader" unload --all
