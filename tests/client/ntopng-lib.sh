# shellcheck shell=bash
# ntopng-lib.sh - an exporter, and a receiver in ntopng's place; sourced after e2e/lib.sh, not run.
#
# All happens in the test's own network namespace, so any port is free.
exporter=${RINGSIDE_NTOPNG:-$root/client/ntopng/ringside-ntopng}
receiver=$root/.build/tests/client/ntopng-receiver
[ -x "$exporter" ] || skip "not built: make"
if [ ! -e /usr/include/ndpi/ndpi_api.h ]; then skip "needs libndpi-dev"; fi
make -s -C "$root" .build/tests/client/ntopng-receiver >"$work/make" 2>&1 || fail "$(cat "$work/make")"

# start_receiver FILE ARGUMENTS...: messages to FILE, what it says to FILE.err; its pid in receiver_pid
start_receiver() {
	local file=$1
	shift
	: >"$file.err"
	# without the exporter's input, which would never end
	(
		[ -z "${lines:-}" ] || exec {lines}>&-
		exec "$receiver" "$@" >"$file" 2>"$file.err"
	) &
	receiver_pid=$!
	wait_for 10 grep -sq ready "$file.err"
}
# stop_receiver FILE: its account, as JSON, in FILE.account
stop_receiver() {
	kill "$receiver_pid"
	wait "$receiver_pid" || fail "the receiver ended with status $?: $(cat "$1.err")"
	tail -n 1 "$1.err" >"$1.account"
}
# start_exporter ARGUMENTS...: as nobody; lines to descriptor $lines, what it says to $said; its pid in exporter_pid
said=$work/said.exporter
start_exporter() {
	: >"$said"
	mkfifo -m 0666 "$work/lines.$((++exporters))"
	setpriv --reuid 65534 --regid 65534 --clear-groups "$exporter" -v "$@" <"$work/lines.$exporters" 2>"$said" &
	exporter_pid=$!
	exec {lines}>"$work/lines.$exporters"
}
exporters=0
# end_exporter: the end of input; its exit status must be 0
end_exporter() {
	exec {lines}>&-
	lines=
	wait "$exporter_pid" || fail "the exporter ended with status $?: $(cat "$said")"
}
# account WORD: sent, dropped ... in the exporter's last words
account() {
	sed -n "s/.* sent \([0-9]*\) messages (\([0-9]*\) flows), dropped \([0-9]*\); \([0-9]*\) lines were bad, \([0-9]*\) were no flows, \([0-9]*\) lost.*/sent \1\nflows \2\ndropped \3\nbad \4\nother \5\nlost \6/p" "$said" |
		awk -v word="$1" '$1 == word { print $2 }'
}
# flows FILE COUNT: so many have come
flows() {
	[ "$(grep -c '"topic":"flow"' "$1")" -ge "$2" ]
}
subscribed() {
	grep -q 'subscribed: flow' "$said"
}
# status_of COMMAND...: its exit status, and nothing else
status_of() {
	local status=0
	"$@" >/dev/null 2>&1 || status=$?
	echo $status
}
