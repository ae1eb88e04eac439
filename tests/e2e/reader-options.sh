#!/bin/bash
# -n, --once, --from-start, --type, --net, --stats and -f text on real records.
. "$(dirname "$0")/lib.sh"

make_link rs0 0
make_link rs1 1
"$loader" load --no-flows -m 0666 rs0 rs1 >/dev/null
pings 20 10.9.0.2
pings 10 10.9.1.2
pings 5 fd09:0::2

read_once() {
	nobody "$reader" --once "$@" 2>"$work/err"
}
echoes=echo-request,echo-reply
equal "--once, both" 70 "$(read_once --type $echoes | wc -l)"
equal "--once twice" 70 "$(read_once --type $echoes --from-start | wc -l)"
equal "one source" 20 "$(read_once --type $echoes rs1 | wc -l)"
equal "-n" 7 "$(read_once -n 7 | wc -l)"
equal "--type 8" 30 "$(read_once --type 8 | wc -l)"
equal "--type 4:8,6:129" 35 "$(read_once --type 4:8,6:129 | wc -l)"
equal "--net one host" 40 "$(read_once --type $echoes --net 10.9.0.2 | wc -l)"
equal "--net two" 50 "$(read_once --type $echoes --net 10.9.0.0/24 --net fd09::/64 | wc -l)"
equal "--net none" 0 "$(read_once --net 192.0.2.0/24 | wc -l)"
equal "-i and -o" 70 "$(read_once -i -o --type $echoes | wc -l)"
equal "-i" 35 "$(read_once -i --type $echoes | wc -l)"
equal "text" 30 "$(read_once -f text -o --type 8 |
	grep -cE '^[0-9]{10}\.[0-9]{6} \[rs[01]\]\[out\] ICMP Echo Request from 10\.9\.[01]\.1 to 10\.9\.[01]\.2 \(code: 0\)$')"
equal "text, IPv6" 5 "$(read_once -f text -o --type 6:128 | grep -c 'ICMPv6 Echo Request from fd09::1 to fd09::2 (code: 0)$')"

# from now on, without --from-start: nothing old
start_reader "$work/new" -n 4 --type 8,0 rs0
pid=$reader_pid
pings 2 10.9.0.2
wait "$pid" || fail "status $?"
equal "only new ones" 4 "$(wc -l <"$work/new")"

# stats while it runs, and at the end
start_reader "$work/stats" --stats 0.1 --type 8 rs0
pings 10 10.9.0.2
stats_say() {
	jq -se 'any(.[]; .event == "stats" and .printed == 10 and .filtered >= 10 and .lost == 0 and .behind == 0)' "$work/stats" >/dev/null
}
wait_for 10 stats_say
stop_reader "$reader_pid"
accounts "$work/stats"
equal "final stats" 1 "$(lines "$work/stats" '.event == "stats" and .final')"

# the time in a record is that of the packet
now=$(date +%s%3N)
ping -n -q -c 1 10.9.0.2 >/dev/null
stamp=$(read_once rs0 | tail -n 1 | jq .timestamp)
[ $((stamp - now)) -ge -5 ] && [ $((stamp - now)) -le 5000 ] || fail "timestamp $stamp, clock $now"
