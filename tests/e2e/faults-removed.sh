#!/bin/bash
# An interface that is removed: the reader and status say so; made and loaded again, the same reader follows it; unload needs no interface.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults-lib.sh"

make_link rs0 0
"$loader" load --no-flows -m 0666 rs0 >/dev/null
start_reader "$work/all" rs0
sees_ping "$work/all" 0
ip link del rs0
wait_for 10 grep -q '^ringside-reader: rs0: the interface was removed; waiting for it to be loaded again$' "$work/all.err"
equal "what status says" "the interface was removed: load again when it is back" \
	"$("$loader" status --json | jq -r '.sources[0].trouble')"
says 1 '^ringside-loader: interface rs0: No such device$' "$loader" load --no-flows rs0
kill -0 "$reader_pid" || fail "the reader ended"

make_link rs0 0
"$loader" load --no-flows rs0 >/dev/null
equal "what status says" null "$("$loader" status --json | jq -r '.sources[0].trouble')"
sees_ping "$work/all" 0
# and once more, so that it is not only said the first time
: >"$work/all.err"
ip link del rs0
wait_for 10 grep -q 'the interface was removed' "$work/all.err"
stop_reader "$reader_pid"
"$loader" unload rs0 >/dev/null
untouched
