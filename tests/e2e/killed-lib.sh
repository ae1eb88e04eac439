# shellcheck shell=bash
# killed-lib.sh - a loader that ends in the middle of its work; sourced by killed*.sh, after lib.sh.
#
# strace ends it with SIGKILL as it is about to make its Nth system call of those
# that leave something behind, for N = 1, 2, 3... until it comes to its end.
command -v strace >/dev/null || skip "needs strace"
pin_root=/run/ringside
# a question mark: where the machine has such a call
calls='bpf,?renameat2,mkdirat,?mkdir,mount,?chown,fchownat,?chmod,fchmodat,sendto,sendmsg,unlinkat,?rmdir,umount2,flock'
# after these nothing is different
idle='BPF_(PROG_LOAD|BTF_LOAD|MAP_CREATE|OBJ_GET|OBJ_GET_INFO_BY_FD|MAP_LOOKUP_ELEM|MAP_UPDATE_ELEM|PROG_BIND_MAP)|RTM_GET'

# where it matters most; under emulation, where each takes ten seconds, only these,
# and where not every step is asked for, a third of them
turn=0
turns='LINK_|rename|mount|RTM_(NEW|DEL)'

# worth N STRIDE: whether to end it there: what the step before has changed is new
worth() {
	local last
	last=$(sed -n "$(($1 > 1 ? $1 - 1 : 1))p" "$work/dry")
	if [ "$slower" != 1 ]; then
		grep -Eq "$turns" <<<"$last" || return 1
		turn=$((turn + 1))
		[ "$2" = 1 ] || [ $((turn % 3)) = 1 ]
		return
	fi
	[ $(($1 % $2)) = 0 ] || ! grep -Eq "$idle" <<<"$last"
}

# inject N WHAT COMMAND...: at the Nth of the calls in $work/dry; exit status in $status,
# what the command says in $work/out. strace counts each call by itself.
inject() {
	local n=$1 what=$2 call
	shift 2
	call=$(sed -n "${n}s/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p" "$work/dry")
	what=inject=$call:$what:when=$(head -n "$n" "$work/dry" | grep -c "^[0-9]* *$call(")
	status=0
	{ strace -f -qq -s 64 -o "$work/trace" -e "trace=$calls" -e "$what" "$@" >"$work/out" 2>&1; } 2>/dev/null || status=$?
}

# sources: what is visible, a line each
sources() {
	! mountpoint -q "$pin_root" || find "$pin_root" -mindepth 1 -maxdepth 1 ! -name '*.*' ! -name '%stage' -printf '%f\n' | sort
}

# echoes SOURCE: how many requests its ring holds; it must be one that can be read
echoes() {
	nobody "$reader" --once --type echo-request --out "$1" >"$work/echoes" || fail "$step: $1 is visible and cannot be read"
	wc -l <"$work/echoes"
}

# counts SOURCE: a ping leaves a record in it
counts() {
	local before
	before=$(echoes "$1")
	pings 1 "10.9.${1#rs}.2"
	[ "$(echoes "$1")" = $((before + 1)) ]
}

# whole SOURCE: no pin is missing
whole() {
	local pin
	for pin in ring bell counters about root/xdp root/tc root/xdp_link; do
		[ -e "$pin_root/$1/$pin" ] || fail "$step: $1 is visible without $pin"
	done
	echoes "$1" >/dev/null
}

# nothing_left: no program on an interface, no pins, no mount
nothing_left() {
	local link
	for link in "${links[@]}"; do
		! ip -d link show "$link" | grep prog/xdp >/dev/null || fail "$step: an xdp program is left on $link"
		equal "$step: tc programs left on $link" 0 "$(bpftool -j net show dev "$link" | jq '.[0].tc | length')"
		! tc filter show dev "$link" egress 2>/dev/null | grep . >/dev/null || fail "$step: a tc filter is left on $link"
	done
	! mountpoint -q "$pin_root" || fail "$step: the mount is left: $(find "$pin_root")"
	# killed between making and mounting it, or unmounting and removing it
	[ ! -e "$pin_root" ] || rmdir "$pin_root" || fail "$step: something is left: $(find "$pin_root")"
}

# stage_empty: and nothing else lies beside the sources
stage_empty() {
	equal "$step: in the stage" "" "$(find "$pin_root/%stage" -mindepth 1)"
}

# each_step STRIDE COMMAND...: calls before_step, kills, then calls after_step; only
# every STRIDEth of the steps after which nothing is different.
each_step() {
	local stride=$1 n skipped=0
	shift
	step="first"
	before_step
	strace -f -qq -s 64 -o "$work/dry" -e "trace=$calls" "$@" >"$work/out" 2>&1 || fail "$*: $(cat "$work/out")"
	"$loader" unload --all >/dev/null
	steps=$(wc -l <"$work/dry")
	[ "$steps" -ge 10 ] || fail "only $steps steps"
	for ((n = 1; n <= steps; n++)); do
		if ! worth $n $stride; then
			skipped=$((skipped + 1))
			continue
		fi
		step="before step $n"
		before_step
		inject $n signal=SIGKILL "$@"
		step="killed before step $n, $(sed -n "${n}s/^[0-9]* *//p" "$work/dry" | cut -c1-90)"
		[ $status = 137 ] || fail "$step: status $status: $(cat "$work/out")"
		after_step
	done
	echo "$*: killed before $((steps - skipped)) of $steps steps"
}
