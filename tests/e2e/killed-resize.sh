#!/bin/bash
# A load with another ring size that is killed at any step leaves the old ring or the new one; at the latest the next
# command of the loader, whatever it is, brings the programs back to the ring that is visible.
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/killed-lib.sh"

links=(rs0 rs1)
make_link rs0 0
make_link rs1 1
silent=0

before_step() {
	"$loader" load --no-flows -m 0666 --ring-size 64K rs0 >/dev/null
}

after_step() {
	equal "$step: sources" rs0 "$(sources)"
	whole rs0
	# between changing the programs and changing the pins there is a moment
	counts rs0 || silent=$((silent + 1))
	case $((n % 3)) in
	0)
		"$loader" load --no-flows -m 0666 rs1 >"$work/out" || fail "$step: load of another after it: status $?"
		stage_empty
		counts rs0 || fail "$step: after the load of another nothing is written"
		;;
	1)
		! "$loader" unload rs1 >"$work/out" 2>&1 || fail "$step: rs1 was unloaded and never loaded"
		stage_empty
		counts rs0 || fail "$step: after a failed unload nothing is written"
		;;
	2)
		"$loader" load --no-flows --ring-size 32K rs0 >"$work/out" || fail "$step: load after it: status $?"
		stage_empty
		counts rs0 || fail "$step: after the next load nothing is written"
		;;
	esac
	"$loader" unload --all >"$work/out" || fail "$step: unload after it: status $?"
	nothing_left
}

each_step 8 "$loader" load --no-flows --ring-size 32K rs0
echo "nothing was written after a kill at $silent steps, until the next command"
[ $silent -le 6 ] || fail "the moment between programs and pins is $silent steps long"
