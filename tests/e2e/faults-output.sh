#!/bin/bash
# Output that cannot be written is an error; a pipe that nobody reads any more ends a reader at once and quietly, also when no record comes.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults-lib.sh"

make_link rs0 0
"$loader" load --no-flows -m 0666 rs0 >/dev/null
pings 3 10.9.0.2

# full COMMAND...: with a full disk as its standard output
full() {
	says 1 ': write to standard output: No space left on device$' bash -c '"$@" >/dev/full' full "$@"
}
full "$reader" --once rs0
full "$reader" --from-start rs0
full "$loader" status
full "$loader" status --json

# quiet COMMAND...: its status is 0 and it says nothing, when head is gone after a line
quiet() {
	local status
	set +o pipefail
	{ timeout $((5 * slower)) "$@" 2>"$work/quiet"; echo $? >"$work/status"; } | head -n 1 >"$work/line"
	set -o pipefail
	status=$(cat "$work/status")
	equal "status of $*" 0 "$status"
	equal "messages of $*" "" "$(cat "$work/quiet")"
	equal "lines of $*" 1 "$(wc -l <"$work/line")"
}
quiet "${nobody[@]}" "$reader" --from-start rs0
quiet "${nobody[@]}" "$reader" --from-start -f text rs0
quiet "${nobody[@]}" "$reader" --stats 0.05 rs0
quiet "$loader" status
# one line, and then no record ever
quiet "${nobody[@]}" "$reader" --from-start --type 8 --out --net 10.9.0.2 rs0

# loading with nobody to read what it says loads all the same
mkfifo "$work/unread"
exec 3<>"$work/unread" 4>"$work/unread" 3<&-
"$loader" load --no-flows rs0 >&4
equal "in the stage" "" "$(find "$pin_root/%stage" -mindepth 1)"
"$loader" unload rs0 >&4
untouched rs0
