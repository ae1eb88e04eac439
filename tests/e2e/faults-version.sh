#!/bin/bash
# Pins of another version: the reader, status and load say which version it is; load again replaces them, unload removes them.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults-lib.sh"

make_link rs0 0

# another_version SIZE: the description says version 99 and has SIZE bytes
another_version() {
	local about=$pin_root/rs0/about bytes
	"$loader" load --no-flows -m 0666 rs0 >/dev/null
	bytes=$(bpftool -j map dump pinned "$about" | jq -r --argjson size "$1" \
		'.[0].value | map(ltrimstr("0x")) | .[8] = "63" | . + [range($size) | "00"] | .[:$size] | join(" ")')
	rm "$about"
	bpftool map create "$about" type array key 4 value "$1" entries 1 name about
	# shellcheck disable=SC2086 # a word each
	bpftool map update pinned "$about" key hex 00 00 00 00 value hex $bytes
	chmod 0444 "$about"
}

for size in 256 320 128; do
	another_version $size
	says 1 '^ringside-reader: open rs0: its pins are of version 99, this reader knows version 1$' "${nobody[@]}" "$reader" rs0
	says 1 '^ringside-loader: status of rs0: its pins are of version 99, this loader knows version 1$' "$loader" status rs0
	"$loader" unload rs0 >/dev/null
	untouched rs0

	another_version $size
	"${nobody[@]}" "$reader" -v >"$work/all" 2>"$work/all.err" &
	follower=$!
	wait_for 10 grep -q 'version 99' "$work/all.err"
	"$loader" load --no-flows -m 0666 rs0 >"$work/load"
	# one that follows all goes on when the layout is known again
	wait_for 10 grep -q following "$work/all.err"
	sees_ping "$work/all" 0
	stop_reader $follower
	"$loader" unload rs0 >/dev/null
	untouched rs0
done
