#!/bin/bash
# A reader does not run while nothing happens, nor when somebody who may read touches the pins; then it still hears the bell.
. "$(dirname "$0")/lib.sh"

make_link rs0 0
sysctl -qw net.ipv6.conf.rs0.disable_ipv6=1
ip netns exec peer sysctl -qw net.ipv6.conf.peer0.disable_ipv6=1
"$loader" load --no-flows -m 0666 rs0 >/dev/null
start_reader "$work/idle" --type 8 rs0

# runs: how often it has given the processor back
runs() {
	sed -n 's/^voluntary_ctxt_switches:[^0-9]*//p' "/proc/$reader_pid/status"
}
# it sleeps when the counter has stood still; the links may still be settling
sleeps() {
	local first
	first=$(runs)
	read -r -t 1 -u "$never" || true
	[ "$first" = "$(runs)" ]
}
wait_for 20 sleeps
before=$(runs)
read -r -t 3 -u "$never" || true # three seconds in which nothing happens
equal "runs in three quiet seconds" "$before" "$(runs)"
for i in $(seq 50); do
	nobody touch /run/ringside/rs0/ring || fail "touch"
done
equal "runs while the ring is touched" "$before" "$(runs)"
pings 1 10.9.0.2
wait_for 10 at_least "$work/idle" 1
