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
	wait_for 10 grep -sq '"if_name":"lo"' "$out"
	grep -q "^Uid:.$1" "/proc/$(pgrep -x -s "$pid" 9)/status" || fail "the reader does not run as $1"
	kill -INT -- "-$pid"
	wait "$pid" || fail "status $?: $(cat "$out.err")"
	grep -q "attached to interface: rs0" "$out.err" || fail "the default route's interface was not loaded"
	jq -e '.event == "icmp"' "$out" >/dev/null || fail "not all lines are records"
	[ ! -e /run/ringside ] || fail "left behind: $(find /run/ringside)"
}

export RINGSIDE_PIN_ROOT=/run/ringside
run_for 65534 65534
run_for 1234 1234
# what was loaded before stays loaded
"$loader" load -m 0666 rs0 >/dev/null
IFACE=rs0 setsid "$root/loader/run.sh" >"$work/third" 2>&1 &
pid=$!
wait_for 10 grep -sq '"if_name":"lo"' "$work/third"
kill -INT -- "-$pid"
wait "$pid"
equal "sources after it" rs0 "$("$loader" status --json | jq -r '.sources[].name')"
