#!/bin/bash
# Loading over loaded flows exchanges the programs under traffic: each connection is told exactly once, and those
# that began before still have their process; with another ring size readers move to the new ring by themselves.
# timeout: 180
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/flows-load-lib.sh"

"$loader" load --no-icmp -m 0666 --ring-size 32M lo >/dev/null
start_reader "$work/all" --stats 3600 flows
start_traffic "$work/made" 2
loads=$((slower == 1 ? 16 : 4))
began=$SECONDS
for i in $(seq $loads); do
	# when the machine is busy, fewer will do: the traffic goes on all the time
	[ $i -le 4 ] || [ $((SECONDS - began)) -lt 8 ] || break
	loaded=$i
	case $((i % 4)) in
	1 | 2) interval=$((1000 + i)) options=(--flow-interval $interval) ;;
	3) options=(-g 65534 -m 0660) ;;
	0) options=(-m 0666) ;;
	esac
	# another object, as a new release has one; then the built-in one comes back
	if [ "$i" = 2 ] && command -v clang >/dev/null; then options+=(--compile); fi
	"$loader" load --no-icmp "${options[@]}" lo >"$work/load"
	grep -q "flows (.*programs swapped" "$work/load" || fail "${options[*]}: $(cat "$work/load")"
	equal "the program" "$([ "${options[2]:-}" = --compile ] && echo compiled || echo built-in)" \
		"$("$loader" status --json flows | jq -r '.sources[0].program')"
done
# the same again is nothing to do
before=$(flows_links)
"$loader" load --no-icmp lo >"$work/load"
equal "what is said of the same" "" "$(cat "$work/load")"
equal "links after the same" "$before" "$(flows_links)"
equal "interval, as it was given last" ${interval}000 "$("$loader" status --json flows | jq '.sources[0].flow_interval_ms')"
stop_traffic "$work/made" "$work/all"
equal "messages of the reader" 1 "$(wc -l <"$work/all.err")"
whole "$work/all"
no_gap "$work/all"
# kept open across all of it
equal "closes of those that were held" $((2 * held)) \
	"$(lines "$work/all" ".event == \"close\" and ([.local_ip, .remote_ip] == [\"127.0.0.1\", \"127.0.0.1\"]) and .duration_us > 0 and .comm == \"flows-load\"")"
echo "$loaded loads, $made connections, each once"

# other ways to see the same; an accept that is under way may be seen by neither. From kernel 7.0 on, the program of
# a tracepoint misses what happens while another thread that runs it is preempted, and counts it.
start_reader "$work/ways" flows
ways=$reader_pid
start_traffic "$work/made2" 2
for way in tracepoints auto tracepoints auto; do
	"$loader" load --no-icmp --hooks $way lo >"$work/load"
	grep -q "flows (.*tracepoints.*programs swapped" "$work/load" || fail "$(cat "$work/load")"
done
"$loader" load --no-icmp --hooks tracepoints lo >/dev/null
"$loader" load --no-icmp --flow-interval 900 lo >"$work/load"
grep -q "flows (tracepoints, programs swapped" "$work/load" || fail "the ways were not kept: $(cat "$work/load")"
if [ "$(uname -r | cut -d . -f 1)" -lt 7 ]; then
	stop_traffic "$work/made2" "$work/ways"
	stop_reader $ways
	whole "$work/ways" 8
else
	exec {traffic_end}>&-
	wait "$traffic_pid"
	some_closed() { [ "$(grep -c '^{"event":"close"' "$work/ways")" -ge $(($(tail -n 1 "$work/made2") + held)) ]; }
	wait_for 20 some_closed
	stop_reader $ways
fi
no_gap "$work/ways"

# another size: a new ring, to which the reader goes when it has read the old one
start_reader "$work/moved" flows
moved=$reader_pid
start_traffic "$work/made3" 1
"$loader" load --no-icmp --ring-size 16M lo >"$work/load"
! grep -q swapped "$work/load" || fail "$(cat "$work/load")"
wait_for 10 grep -q "following (.* 16384 records" "$work/moved.err"
stop_traffic "$work/made3" "$work/moved"
stop_reader $moved
whole "$work/moved"
