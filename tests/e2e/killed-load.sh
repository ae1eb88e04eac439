#!/bin/bash
# A first load that is killed at any step shows a whole source or none, and the next load or unload leaves nothing half-made.
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/killed-lib.sh"

links=(rs0)
make_link rs0 0

before_step() {
	:
}

after_step() {
	if [ -n "$(sources)" ]; then
		equal "$step: sources" rs0 "$(sources)"
		whole rs0
		counts rs0 || fail "$step: rs0 is visible and nothing is written"
	fi
	if [ "$next" = load ]; then
		"$loader" load --no-flows -m 0666 rs0 >"$work/out" || fail "$step: load after it: status $?"
		stage_empty
		equal "$step: mode of the pin root" 755 "$(stat -c %a "$pin_root")"
		counts rs0 || fail "$step: after the next load nothing is written"
	fi
	"$loader" unload --all >"$work/out" || fail "$step: unload after it: status $?"
	nothing_left
}

# either next command must do
for next in unload load; do
	each_step 1 "$loader" load --no-flows -m 0666 rs0
done
