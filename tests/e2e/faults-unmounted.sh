#!/bin/bash
# After the pin root was unmounted under it: status and unload say that nothing is loaded, load again works, a reader follows again.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults-lib.sh"

make_link rs0 0
"$loader" load -m 0666 rs0 >/dev/null
start_reader "$work/all" rs0
sees_ping "$work/all" 0
umount -l "$pin_root"
wait_for 10 grep -q "unloaded; waiting" "$work/all.err"
says 1 '^ringside-loader: status of rs0: it is not loaded$' "$loader" status rs0
says 1 '^ringside-loader: unload rs0: it is not loaded$' "$loader" unload rs0
"$loader" unload --all

: >"$work/all.err"
"$loader" load -m 0666 rs0 >/dev/null
wait_for 10 grep -q following "$work/all.err"
sees_ping "$work/all" 0
stop_reader "$reader_pid"
"$loader" unload --all >/dev/null
untouched rs0
