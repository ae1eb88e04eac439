#!/bin/bash
# A reader whose output is not taken loses records, counts them and disturbs nobody; it can still be ended.
. "$(dirname "$0")/lib.sh"

make_link rs0 0
sysctl -qw net.ipv6.conf.rs0.disable_ipv6=1
ip netns exec peer sysctl -qw net.ipv6.conf.peer0.disable_ipv6=1
"$loader" load --no-flows -m 0666 --ring-size 64K rs0 >/dev/null # 512 records for each CPU

# what the readers write goes to somebody who does not read, until told so; and to one who never does
mkfifo -m 0666 "$work/slow" "$work/stuck" "$work/gate" "$work/never"
(read -r _ <"$work/gate"; exec cat) <"$work/slow" >"$work/taken" &
cat=$!
(read -r _ <"$work/never") <"$work/stuck" &
launch_reader "$work/slow" --stats 3600 rs0
slow_pid=$reader_pid
launch_reader "$work/stuck" rs0
stuck_pid=$reader_pid
start_reader "$work/quick" --stats 3600 rs0
quick_pid=$reader_pid
wait_for 10 grep -sq following "$work/slow.err"
wait_for 10 grep -sq following "$work/stuck.err"
# a pipe holds 64 KiB, some 260 lines; 6000 are more than that, a block and two rings hold
for i in 1 2 3 4 5 6; do pings 500 10.9.0.2; done
wait_for 10 at_least "$work/quick" 6000

# ended while it cannot write: within seconds, and it says what is not written
begin=$EPOCHSECONDS
kill "$stuck_pid"
status=0
wait "$stuck_pid" || status=$?
equal "status of the stuck reader" 1 $status
[ $((EPOCHSECONDS - begin)) -le $((10 * slower)) ] || fail "it took $((EPOCHSECONDS - begin)) s to end"
grep -q "^ringside-reader: standard output takes no more: [1-9][0-9]* bytes are not written$" "$work/stuck.err" ||
	fail "$(cat "$work/stuck.err")"

# read at last: what it has, what it lost, and the account
echo >"$work/gate"
pings 5 10.9.0.2
lost_is_said() {
	grep -q '"event":"lost"' "$work/taken"
}
wait_for 10 lost_is_said
wait_for 10 at_least "$work/quick" 6010
stop_reader "$slow_pid"
wait $cat
accounts "$work/taken"
lost=$(jq -s 'map(select(.event == "lost").count) | add' "$work/taken")
[ "$lost" -ge 1000 ] || fail "only $lost lost"
equal "printed and lost" 6010 $((lost + $(lines "$work/taken" '.event == "icmp"')))
stop_reader "$quick_pid"
accounts "$work/quick"
equal "lost by the other" 0 "$(jq -s 'map(select(.event == "lost")) | length' "$work/quick")"
equal "records of the other" 6010 "$(lines "$work/quick" '.event == "icmp"')"
