#!/bin/bash
# `make run` shows records within seconds on a machine where nothing else happens, as the user who
# called sudo or as nobody, and leaves nothing loaded behind after Ctrl-C.
. "$(dirname "$0")/lib.sh"

make_link rs0 0
ip route add default via 10.9.0.2

# run_for UID GID: what `make run` does after building, until a record has come, then Ctrl-C
run_for() {
	local out=$work/out.$1 pid
	SUDO_UID=$1 SUDO_GID=$2 setsid "$root/loader/run.sh" >"$out" 2>"$out.err" &
	pid=$!
	wait_for 10 grep -sq '"event":"icmp".*"if_name":"lo"' "$out"
	wait_for 10 grep -sq '"event":"udp_send".*"remote_ip":"127.0.0.1"' "$out"
	grep -q "^Uid:.$1" "/proc/$(pgrep -x -s "$pid" 9)/status" || fail "the reader does not run as $1"
	kill -INT -- "-$pid"
	wait "$pid" || fail "status $?: $(cat "$out.err")"
	grep -q "attached to interface: rs0" "$out.err" || fail "the default route's interface was not loaded"
	jq -e 'has("event")' "$out" >/dev/null || fail "not all lines are records"
	[ ! -e /run/ringside ] || fail "left behind: $(find /run/ringside)"
}

export RINGSIDE_PIN_ROOT=/run/ringside
run_for 65534 65534
run_for 1234 1234
# what was loaded before stays loaded, as it was
sources() {
	"$loader" status --json | jq -c '.sources[] | [.name, .readers.mode, .since_ms]'
}
for before in "rs0" "--no-flows rs0" "--no-flows rs0 lo"; do
	# shellcheck disable=SC2086 # a word each
	"$loader" load -m 0666 $before >/dev/null
	loaded=$(sources)
	IFACE=rs0 setsid "$root/loader/run.sh" >"$work/third" 2>"$work/third.err" &
	pid=$!
	wait_for 10 grep -sq '"event":"icmp".*"if_name":"lo"' "$work/third"
	wait_for 10 grep -sq '"event":"udp_send".*"remote_ip":"127.0.0.1"' "$work/third"
	kill -INT -- "-$pid"
	wait "$pid"
	equal "sources after it, with $before" "$loaded" "$(sources)"
	rm "$work/third" # what the next one says is not what this one said
	"$loader" unload --all >/dev/null
done
