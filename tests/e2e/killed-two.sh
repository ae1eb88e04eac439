#!/bin/bash
# A load of two interfaces that is killed at any step: each is whole or not there, and the next load or unload works.
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/killed-lib.sh"

links=(rs0 rs1)
make_link rs0 0
make_link rs1 1

before_step() {
	:
}

after_step() {
	local source
	for source in $(sources); do
		whole "$source"
		counts "$source" || fail "$step: $source is visible and nothing is written"
	done
	if [ $((n % 2)) = 0 ]; then
		"$loader" load --no-flows -m 0666 rs0 rs1 >"$work/out" || fail "$step: load after it: status $?"
		stage_empty
		counts rs0 && counts rs1 || fail "$step: after the next load nothing is written"
	fi
	"$loader" unload --all >"$work/out" || fail "$step: unload after it: status $?"
	nothing_left
}

each_step 20 "$loader" load --no-flows -m 0666 rs0 rs1
