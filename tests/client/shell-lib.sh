# shellcheck shell=bash
# shell-lib.sh - what every script of client/shell must do, and how to feed one; sourced, not run.
#
# A test first runs its script on lines that it makes up, then sources e2e/lib.sh, which wants root and runs
# the test again in a world of its own, for real records.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=$(basename "$0" .sh)
name=${name#shell-}
script=$here/../../client/shell/$name
command -v jq >/dev/null || { echo "needs jq"; exit 77; }

fail() {
	echo "FAIL: $*" >&2
	exit 1
}
equal() {
	[ "$2" = "$3" ] || fail "$1: expected $2, found $3"
}
# status_of COMMAND...: its exit status, and nothing else
status_of() {
	local status=0
	"$@" >/dev/null 2>&1 || status=$?
	echo $status
}
# safe FILE: it may be shown on a terminal
safe() {
	! LC_ALL=C.UTF-8 grep -nP '[\x{00}-\x{08}\x{0b}-\x{1f}\x{7f}-\x{9f}\x{202a}-\x{202e}\x{2066}-\x{2069}]' "$1" | cat -v |
		grep . || fail "not for a terminal"
}
# What names may hold, in JSON: a line's end and a tab, an escape sequence (also the one in Latin 1), text turned around, quotes.
# shellcheck disable=SC2034,SC2016,SC1003 # for those who source this; nothing is to be expanded
hostile='\n{\t\u001b[2J\u009b2J\u202e\"'"'"'$(touch /tmp/pwned)`;*\\'

# manners ARGUMENT...: what it needs to run; its usage, and its ends
manners() {
	equal "-h" 0 "$(status_of "$script" -h)"
	[[ $("$script" -h) == "usage: ringside-reader "*"| $name "* ]] || fail "-h does not show a pipe line"
	equal "an unknown option" 2 "$(status_of "$script" -Q </dev/null)"
	[ -z "$("$script" -Q 2>/dev/null </dev/null)" ] || fail "usage on standard output after a mistake"
	equal "no input" 0 "$(status_of "$script" "$@" </dev/null)"
	grep -qw "| $name" "$here/../../client/shell/README.md" || fail "the README has no pipe line with $name"
	[ "$(wc -l <"$script")" -le 40 ] || fail "longer than 40 lines"
	if command -v shellcheck >/dev/null; then
		shellcheck "$script" || fail shellcheck
	fi
}
# bad_records ARGUMENT...: JSON that ringside does not write is told, does no harm to a terminal, and the next record counts
bad_records() {
	local bad out
	out=$(mktemp)
	while read -r bad; do
		printf '%s\n' "$bad" '{"event":"lost","source":"good","timestamp":1795230000000,"count":3,"cpu":0}' | "$script" "$@" >"$out" 2>&1 || true
		grep -q 'good: 3 records lost' "$out" || fail "after $bad: $(cat "$out")"
		safe "$out"
	done <<-'END'
		{"timestamp":1e308,"event":"lost","source":"eth0","count":1}
		{"timestamp":-1e308,"event":"connect"}
		{"timestamp":1795230000000,"event":"lost","source":{},"count":"\u001b[31mx"}
		{"timestamp":1795230000000,"event":"lost"}
		{"timestamp":1795230000000,"event":"icmp","icmp_type":5,"ip_version":4,"src_ip":5,"seq":"x","cpu":[]}
		{"timestamp":1795230000000,"event":"icmp","icmp_type":5,"ip_version":4,"src_ip":"1.2.3.999"}
		{"timestamp":1795230000000,"event":"connect","comm":{},"exe":[1],"container_name":"web","local_ip":5,"local_port":80,"latency_us":"x"}
		[5]
		nan
	END
	rm "$out"
}
# ends_early RECORD ARGUMENT...: nobody reads any more, also where SIGPIPE is ignored (under systemd)
ends_early() {
	local record=$1 statuses how
	shift
	for how in - ''; do
		statuses=$(
			# shellcheck disable=SC2064 # now
			trap "$how" PIPE
			set +eo pipefail
			yes "$record" 2>/dev/null | timeout 20 "$script" "$@" 2>/dev/null | head -n 1 >/dev/null
			echo "${PIPESTATUS[1]}"
		)
		equal "status when nobody reads (trap '$how' PIPE)" "$early" "$statuses"
	done
}
early=0
# ended_by SIGNAL[-early] FILE OUTPUT ARGUMENT...: the signal alone, while the input goes on; what came must be finished.
# Early is the moment between the start of what works for the script and the note of its pid.
ended_by() {
	local signal=$1 file=$2 output=$3 pid status=0 environment=() input
	shift 3
	[ "$signal" = "${signal%-early}" ] || environment=(BASH_ENV="$here/shell-early-signal" EARLY_SIGNAL="${signal%-early}")
	exec {input}> >(exec env --default-signal=INT,TERM "${environment[@]}" "$script" "$@" >"$output")
	pid=$!
	cat "$file" >&"$input"
	if [ ${#environment[@]} = 0 ]; then
		# it hears signals by the time it has started what works for it
		for _ in {1..600}; do [ -z "$(pgrep -P "$pid" 'jq|awk')" ] || break; sleep 0.1; done
		kill -s "$signal" "$pid"
	fi
	wait "$pid" || status=$?
	exec {input}>&-
	equal "status after SIG$signal" "$early" $status
}
