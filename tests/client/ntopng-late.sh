#!/bin/bash
# A receiver that starts late gets all that was held; one that stops and starts again misses exactly what is said to be
# dropped; received + dropped = sent, whoever binds.
# timeout: 240
. "$(dirname "$0")/../e2e/lib.sh"
. "$root/tests/client/ntopng-lib.sh"

# records FIRST LAST
records() {
	seq -f '{"event":"close","local_ip":"10.9.0.1","local_port":80,"remote_ip":"10.9.0.2","remote_port":80,"protocol":6,"timestamp":1795258222667,"ip_version":4,"tx_bytes":%.0f}' "$1" "$2"
}
# taken FILE: the tx_bytes of its flows, which tell one from another
taken() {
	jq -r 'select(.topic == "flow").payload.IN_BYTES' "$1"
}
gone() {
	[ "$(grep -c disconnected "$said")" -ge "$1" ]
}
subscribed_times() {
	[ "$(grep -c ' subscribed: flow' "$said")" -ge "$1" ]
}
dropped_said() {
	grep -q "dropped .* in all: ntopng is not there" "$said"
}
# holding: all that was written has been read: what is told of as bad came last
marked=0
mark() {
	echo not a record >&"$lines"
	((++marked))
	wait_for 20 grep -q "records, $marked in all" "$said"
}

# there_and_back EXPORTER-ENDPOINT RECEIVER-ENDPOINT
there_and_back() {
	marked=0
	start_exporter -z "$1" --queue 1000
	# late: 500 wait and none is lost
	records 1 500 >&"$lines"
	mark
	start_receiver "$work/first" -t flow "$2"
	wait_for 20 flows "$work/first" 500
	equal "held for a late receiver" "$(seq 1 500 | md5sum)" "$(taken "$work/first" | md5sum)"
	records 501 600 >&"$lines"
	wait_for 20 flows "$work/first" 600
	# away: of 3000 the last 1000 are held
	stop_receiver "$work/first"
	wait_for 20 gone 1
	records 601 3600 >&"$lines"
	wait_for 20 dropped_said
	mark
	start_receiver "$work/second" -t flow "$2"
	wait_for 20 subscribed_times 2
	wait_for 20 flows "$work/second" 1000
	records 3601 3700 >&"$lines"
	wait_for 20 flows "$work/second" 1100
	equal "the oldest went" "$(seq 2601 3700 | md5sum)" "$(taken "$work/second" | md5sum)"
	# stopped: it takes nothing for a while, and then all that was not dropped
	kill -STOP "$receiver_pid"
	records 3701 63700 >&"$lines"
	mark
	kill -CONT "$receiver_pid"
	end_exporter
	wait_for 20 all_come "$work/second"
	stop_receiver "$work/second"
	local first second
	first=$(jq .received "$work/first.account") second=$(jq .received "$work/second.account")
	equal "received + dropped = sent" 63700 $((first + second + $(account dropped)))
	equal "said to be sent" $((first + second)) "$(account flows)"
	# the numbers tell the same: what is missing among them is what was dropped
	equal "missing by the numbers" "$(account dropped)" \
		$((2000 + $(jq .missing "$work/second.account")))
	equal "the first of the second" 2600 "$(jq .first "$work/second.account")"
}
all_come() {
	[ $(($(jq .received "$work/first.account") + $(wc -l <"$1") + $(account dropped))) = 63700 ]
}
there_and_back tcp://127.0.0.1:1234c 'tcp://*:1234c'
there_and_back tcp://127.0.0.1:1235 tcp://127.0.0.1:1235

# the input ends before ntopng is there: it is waited for
start_exporter -z tcp://127.0.0.1:1236c
records 1 10 >&"$lines"
exec {lines}>&-
lines=
wait_for 10 grep -q connecting "$said"
start_receiver "$work/third" -t flow 'tcp://*:1236c'
wait "$exporter_pid" || fail "the exporter ended with status $?: $(cat "$said")"
wait_for 10 flows "$work/third" 10
stop_receiver "$work/third"
equal "sent at the end" "10 0" "$(account flows) $(account dropped)"

# nobody ever comes: the end is not held up for long, and all is accounted for
start_exporter -z tcp://127.0.0.1:1236c
records 1 10 >&"$lines"
since=$EPOCHSECONDS
end_exporter
[ $((EPOCHSECONDS - since)) -le $((10 * slower)) ] || fail "the end took $((EPOCHSECONDS - since)) s"
equal "dropped" 10 "$(account dropped)"
# no input, and nowhere to say anything
equal "closed descriptors" 0 "$(bash -c '"$1" -z tcp://127.0.0.1:1236c <&- >&- 2>&-; echo $?' - "$exporter")"
equal "input that cannot be read" 1 "$(status_of "$exporter" -z tcp://127.0.0.1:1236c </)"
# signals end it with status 0, also with input to come
for signal in INT TERM; do
	start_exporter -z tcp://127.0.0.1:1236c
	records 1 10 >&"$lines"
	wait_for 10 grep -q connecting "$said"
	kill -s $signal "$exporter_pid"
	wait "$exporter_pid" || fail "status $? after SIG$signal"
	exec {lines}>&-
	lines=
	equal "dropped after SIG$signal" 10 "$(account dropped)"
done
