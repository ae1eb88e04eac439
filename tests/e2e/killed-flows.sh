#!/bin/bash
# A loader of flows that is killed at any step: of a first load and of an unload it leaves a whole source or none; of a
# load again the old programs or the new ones, so that under traffic each connection is told exactly once; with a new
# ring at the latest the next command brings them back to the one that is visible. Nothing is left behind.
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/killed-lib.sh"
. "$(dirname "$0")/flows-load-lib.sh"
links=()
load=("$loader" load --no-icmp -m 0666 --ring-size 4M)

# every third of the steps in which one of many pins or hooks is made will do
turns='rename|TEST_RUN'
worth() {
	local last
	last=$(sed -n "$(($1 > 1 ? $1 - 1 : 1))p" "$work/dry")
	if grep -Eq "$turns" <<<"$last"; then return; fi
	[ "$slower" = 1 ] || return 1
	if grep -Eq 'mount|flock|rmdir|FREEZE' <<<"$last"; then return; fi
	[ $(($1 % $2)) = 0 ] && ! grep -Eq "$idle" <<<"$last"
}

works() {
	complete alone
	stage_empty
	told_once
}
ends() {
	"$loader" unload --all >"$work/out" || fail "$step: unload after it: status $?"
	nothing_left
}

# --- the first
before_step() { :; }
after_step() {
	if [ -n "$(sources)" ]; then
		complete
		told_once
	fi
	if [ $((n % 2)) = 0 ]; then
		"${load[@]}" lo >"$work/out" || fail "$step: load after it: status $?"
		works
	fi
	ends
}
each_step 30 "${load[@]}" lo

# --- again, on the same ring
before_step() {
	[ -n "$(sources)" ] || "${load[@]}" --ring-size 16M lo >/dev/null
	if [ "${n:-0}" -ge 1 ] && [ -z "${traffic_pid:-}" ]; then
		start_reader "$work/all" flows
		start_traffic "$work/made" 1 2000
	fi
}
after_step() {
	complete
	told_once
	if [ $((n % 2)) = 0 ]; then
		"$loader" load --no-icmp --hooks auto lo >"$work/out" || fail "$step: load after it: status $?"
		grep -q "programs swapped" "$work/out" || fail "$step: the ring was not kept"
	else
		# whatever it is, and if there is nothing to do
		! "$loader" unload rs0 >"$work/out" 2>&1 || fail "$step: rs0 was unloaded and never loaded"
	fi
	works
}
each_step 30 "$loader" load --no-icmp --hooks auto lo
stop_traffic "$work/made" "$work/all"
whole "$work/all"
no_gap "$work/all"
stop_reader "$reader_pid"
step="at the end"
ends
echo "under traffic $made connections, each once"

# --- with another ring
silent=0
before_step() {
	[ -n "$(sources)" ] || "${load[@]}" lo >/dev/null
}
after_step() {
	complete
	# between the programs and the pins there is a moment
	told
	case $by in
	"$me") ;;
	"") silent=$((silent + 1)) ;;
	*) fail "$step: told $(cat "$work/told")" ;;
	esac
	if [ $((n % 2)) = 0 ]; then
		! "$loader" unload rs0 >"$work/out" 2>&1 || fail "$step: rs0 was unloaded and never loaded"
	else
		"$loader" load --no-icmp lo >"$work/out" || fail "$step: load after it: status $?"
	fi
	works
	ends
}
each_step 30 "$loader" load --no-icmp --ring-size 2M lo
echo "nothing was told after a kill at $silent steps, until the next command"
[ $silent -le 6 ] || fail "the moment between programs and pins is $silent steps long"

# --- unloading
before_step() {
	"${load[@]}" lo >/dev/null
}
after_step() {
	if [ -n "$(sources)" ]; then
		complete
		told_once
	fi
	if [ $((n % 2)) = 0 ]; then
		"${load[@]}" lo >"$work/out" || fail "$step: load after it: status $?"
		works
	fi
	ends
}
each_step 30 "$loader" unload --all
