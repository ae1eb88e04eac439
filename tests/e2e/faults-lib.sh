# shellcheck shell=bash
# faults-lib.sh - what the user is told when something is wrong; sourced by faults-*.sh, after lib.sh.
pin_root=/run/ringside
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

# says STATUS PATTERN COMMAND...: it ends with that status, and stderr holds one line that
# matches, and at most an indented one with a hint.
says() {
	local expected=$1 pattern=$2 status=0
	shift 2
	timeout $((20 * slower)) "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
	[ "$status" = "$expected" ] || fail "$*: status $status, expected $expected: $(cat "$work/stdout" "$work/stderr")"
	[ "$(head -n 1 "$work/stderr" | grep -Ec "$pattern")" = 1 ] || fail "$*: expected $pattern, it said: $(cat "$work/stderr")"
	[ "$(wc -l <"$work/stderr")" -le 2 ] || fail "$*: more than a line and a hint: $(cat "$work/stderr")"
	[ -z "$(sed -n 2p "$work/stderr" | grep -v '^  [^ ]')" ] || fail "$*: the second line is no hint: $(cat "$work/stderr")"
	sed 's/^/said: /' "$work/stderr"
}

# untouched [INTERFACE]...: no mount, no directory, no program of ours
untouched() {
	local link
	[ ! -e "$pin_root" ] || fail "$pin_root is left: $(find "$pin_root")"
	for link in "$@"; do
		! ip -d link show "$link" | grep prog/xdp >/dev/null || fail "an xdp program is left on $link"
		equal "tc programs on $link" 0 "$(bpftool -j net show dev "$link" | jq '.[0].tc | length')"
	done
}

# sees_ping FILE SOURCE_NUMBER: a ping more is a request more in FILE
sees_ping() {
	local file=$1 before
	before=$(lines "$file" '.icmp_type == 8')
	pings 1 "10.9.$2.2"
	has_more() { [ "$(lines "$file" '.icmp_type == 8')" -ge $((before + 1)) ]; }
	wait_for 10 has_more
}
