#!/bin/bash
# A load over loaded flows, and a first load, in which any single step fails: the old programs go on or the new ones work,
# a connection is told exactly once, one line says why, nothing is left half-made.
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/killed-lib.sh"
. "$(dirname "$0")/flows-load-lib.sh"
links=()
failed=0

# every step that changes something, of many alike some; a hook that fails is for faults-hooks.sh
worth() {
	local call
	call=$(sed -n "$1p" "$work/dry")
	if grep -Eq 'rename|TEST_RUN|FREEZE' <<<"$call"; then return; fi
	[ "$slower" = 1 ] && [ $(($1 % $2)) = 0 ] && ! grep -q LINK_CREATE <<<"$call"
}
state() {
	find "$pin_root" -mindepth 1 ! -name '*.*' -printf '%P %y %m %i\n' | sort
}
before_step() {
	"$loader" load --no-icmp -m 0666 --ring-size 2M --hooks auto lo >/dev/null
}

for how in again first; do
	attempt=("$loader" load --no-icmp -m 0666 lo)
	[ $how = first ] || attempt=("$loader" load --no-icmp -m 0660 -g 65534 lo)
	[ $how = first ] || before_step
	strace -f -qq -s 64 -o "$work/dry" -e "trace=$calls" "${attempt[@]}" >"$work/out"
	steps=$(wc -l <"$work/dry")
	"$loader" unload --all >/dev/null
	for ((n = 1; n <= steps; n++)); do
		worth $n 25 || continue
		call=$(sed -n "${n}s/^[0-9]* *//p" "$work/dry" | cut -c1-90)
		step="$how, error in step $n, $call"
		before=
		if [ $how = again ]; then
			before_step
			before=$(state)
		fi
		inject "$n" error=EIO "${attempt[@]}"
		if [ $status = 1 ]; then
			failed=$((failed + 1))
			[ "$(grep -c '^ringside-loader: ' "$work/out")" -ge 1 ] || fail "$step: it said: $(cat "$work/out")"
			[ "$(wc -l <"$work/out")" -le 3 ] || fail "$step: it said more than a line and a hint: $(cat "$work/out")"
			if ! grep -q '^unlinkat' <<<"$call"; then
				equal "$step: state" "$before" "$([ ! -e "$pin_root" ] || state)"
			fi
		elif [ $status != 0 ]; then
			fail "$step: status $status: $(cat "$work/out")"
		fi
		if [ -n "$(sources)" ]; then
			# what could not be removed, the next one removes
			if grep -q "^unlinkat" <<<"$call"; then complete; else complete alone; fi
			told_once
			if [ $((n % 2)) = 1 ]; then
				"$loader" load --no-icmp --hooks auto lo >"$work/out" || fail "$step: load after it"
				complete alone
				told_once
			fi
		fi
		if [ $how = first ]; then
			"$loader" unload --all >/dev/null
			nothing_left
		fi
	done
	"$loader" unload --all >/dev/null
	nothing_left
done
[ $failed -ge $((slower == 1 ? 10 : 2)) ] || fail "only $failed of the injected errors were noticed"
echo "$failed failures, each without a trace"
