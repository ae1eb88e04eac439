#!/bin/bash
# The example of libringside(3), built against the library, prints what is on the wire.
. "$(dirname "$0")/lib.sh"
command -v gcc >/dev/null || skip "gcc is not installed"

sed -n '/^#include <ringside/,/^\.Ed/p' "$root/reader/libringside.3" | sed '/^\.Ed/d; s/\\e/\\/g' >"$work/example.c"
mkdir "$work/ringside"
cp "$root/reader/ringside.h" "$root/bpf/abi.h" "$work/ringside"
gcc -Wall -Werror -I"$work" "$work/example.c" "$root/reader/libringside.a" -lbpf -o "$work/example"

make_link rs0 0
"$loader" load --no-flows -m 0666 rs0 >/dev/null
nobody "$work/example" >"$work/out" &
# it says nothing when it is ready: pings until it has one, then exactly five more
sees() {
	ping -n -q -c 1 10.9.0.2 >/dev/null
	[ -s "$work/out" ]
}
wait_for 10 sees
wait_for 10 at_least "$work/out" 2
before=$(wc -l <"$work/out")
pings 5 10.9.0.2
wait_for 10 at_least "$work/out" $((before + 10))
jq -e '.event == "icmp"' "$work/out" >/dev/null || fail "not all lines are records"
