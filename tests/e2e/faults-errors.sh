#!/bin/bash
# A load of two interfaces, one of them new, in which any single step fails: both or none, one line that says why, nothing half-made.
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/killed-lib.sh"

links=(rs0 rs1)
make_link rs0 0
make_link rs1 1
failed=0

before_step() {
	"$loader" unload --all >/dev/null
	"$loader" load --no-flows -m 0666 --ring-size 64K rs0 >/dev/null
}

state() {
	find "$pin_root" -mindepth 1 ! -name '*.*' -printf '%P %y %m %i\n' | sort
	ip -d link show rs0 | grep -o 'prog/xdp id [0-9]*'
	ip -d link show rs1 | grep -o 'prog/xdp id [0-9]*' || echo none
	bpftool -j net show dev rs0 | jq -c '.[0].tc'
	bpftool -j net show dev rs1 | jq -c '.[0].tc'
}

attempt=("$loader" load --no-flows -m 0666 --ring-size 32K rs0 rs1)
before_step
strace -f -qq -s 64 -o "$work/dry" -e "trace=$calls" "${attempt[@]}" >"$work/out"
steps=$(wc -l <"$work/dry")
for ((n = 1; n <= steps; n++)); do
	call=$(sed -n "${n}s/^[0-9]* *//p" "$work/dry" | cut -c1-90)
	# what only looks has its own fallbacks in libbpf; a few of it will do
	worth $((n + 1)) 24 || continue
	step="error in step $n, $call"
	before_step
	before=$(state)
	inject "$n" error=EIO "${attempt[@]}"
	case $status in
	0)
		equal "$step: sources" "rs0 rs1" "$(sources | xargs)"
		counts rs0 && counts rs1 || fail "$step: status 0, and nothing is written"
		;;
	1)
		failed=$((failed + 1))
		grep -v '^attached\|^pinned\|^  \(everybody\|group\|only root\)' "$work/out" >"$work/said" || true
		# behind a failed probe another error may follow
		grep -Eq "$idle" <<<"$call" || grep -q ': Input/output error$' "$work/said" || fail "$step: it said: $(cat "$work/out")"
		grep -q '^ringside-loader: ' "$work/said" || fail "$step: it said: $(cat "$work/out")"
		[ "$(wc -l <"$work/said")" -le 2 ] || fail "$step: it said more than a line and a hint: $(cat "$work/out")"
		if grep -q '^unlinkat' <<<"$call"; then continue; fi
		equal "$step: state" "$before" "$(state)"
		counts rs0 || fail "$step: nothing is written any more"
		;;
	*)
		fail "$step: status $status: $(cat "$work/out")"
		;;
	esac
done
[ $failed -ge $((slower == 1 ? 15 : 2)) ] || fail "only $failed of the injected errors were noticed"
"$loader" unload --all >/dev/null
nothing_left
echo "$failed failures, each without a trace"
