#!/bin/bash
# Connections are counted for each process and minute, by the records' time; real ones of a process with a hostile name.
. "$(dirname "$0")/shell-lib.sh"

# record MILLISECONDS EVENT COMM PID [USER]: after 2026-11-21 03:00:00 UTC
record() {
	echo "{\"event\":\"$2\",\"timestamp\":$((1795230000000 + $1)),\"protocol\":6,\"pid\":$4,\"uid\":0,\"user\":\"${5:-root}\",\"comm\":\"$3\",\"exe\":\"/bin/$3\",\"cpu\":0,\"seq\":1}"
}
canned() {
	local dir
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' RETURN
	manners -p
	bad_records
	ends_early '{"event":"lost","source":"flows","timestamp":1,"count":1}'
	{
		record 0 connect curl 1
		record 59999 connect curl 2
		record 60000 connect curl 2 # the next minute
		record 59998 accept nginx 3 # of another CPU, and late, but not too late
		record 59998 connect_failed curl 1
		record 61000 close curl 1
		record 62000 udp_send curl 1
		echo '{"event":"connect","timestamp":1795230062000,"attribution":"unknown","cpu":0,"seq":1}'
		echo '{"event":"lost","source":"flows","timestamp":1795230063000,"count":5}'
		record 64999 accept "$hostile" 4 "$hostile"
		echo '{"event":"stats","source":"flows","timestamp":1795230065000}' # tells the first minute
		record 59000 connect curl 1                                         # too late
		echo '["event"]'
		record 3660000 connect curl 1 # an hour later
	} >"$dir/in"
	"$script" <"$dir/in" >"$dir/out" || fail "status $?"
	safe "$dir/out"
	tr '\t' ' ' <"$dir/out" | diff - <(cat <<-'END'
		# 2026-11-21T03:01Z flows: 5 records lost, the counts are too low
		2026-11-21T03:00Z 2 1 0 root curl /bin/curl
		2026-11-21T03:00Z 0 0 1 root nginx /bin/nginx
		# a line is no record: is it ringside-reader -f json?
		2026-11-21T03:00Z 1 0 0 root curl /bin/curl
		2026-11-21T03:01Z 0 0 1 ?{??[2J?2J?"'$(touch /tmp/pwned)`;*\ ?{??[2J?2J?"'$(touch /tmp/pwned)`;*\ /bin/?{??[2J?2J?"'$(touch /tmp/pwned)`;*\
		2026-11-21T03:01Z 1 0 0 - - -
		2026-11-21T03:01Z 1 0 0 root curl /bin/curl
		2026-11-21T04:01Z 1 0 0 root curl /bin/curl
	END
	) || fail "not as expected (>)"
	equal "-p: lines of curl in the first minute" 3 "$("$script" -p <"$dir/in" | grep -c '03:00Z.*	curl	')"
	record 0 connect curl 1 >"$dir/one"
	for signal in TERM TERM-early; do
		ended_by $signal "$dir/one" "$dir/out"
		equal "after SIG$signal" "2026-11-21T03:00Z 1 0 0 root curl /bin/curl" "$(tr '\t' ' ' <"$dir/out")"
	done
	# told while the input goes on: stats are the clock
	mkfifo "$dir/pipe"
	"$script" <"$dir/pipe" >"$dir/live" &
	exec 9>"$dir/pipe"
	{ cat "$dir/one"; echo '{"event":"stats","timestamp":1795230065000}'; } >&9
	for _ in {1..100}; do [ -s "$dir/live" ] && break; sleep 0.1; done
	[ -s "$dir/live" ] || fail "the minute is not told when it is over"
	exec 9>&-
	wait $!
	# of many processes none is forgotten
	awk 'BEGIN { for (i = 0; i < 5000; i++) printf "{\"event\":\"connect\",\"timestamp\":1795230000000,\"pid\":%d,\"comm\":\"c\"}\n", i }' >"$dir/many"
	equal "many processes" 5000 "$("$script" -p <"$dir/many" | sort -u | wc -l)"
}
[ -n "${RINGSIDE_TEST_INSIDE:-}" ] || canned
. "$here/../e2e/lib.sh"

make_link rs0 0
PATH=/usr/sbin:/usr/bin:/sbin:/bin # a python3 that nobody may run as well
"$loader" load --no-icmp -m 0666 rs0 >/dev/null
ip netns exec peer python3 -c '
import socket
s = socket.create_server(("10.9.0.2", 47110))
while True: s.accept()' &
mkfifo -m 0666 "$work/lines"
tee "$work/all" <"$work/lines" | nobody "$script" >"$work/out" &
count=$!
start_reader "$work/lines" -t --port 47110 --port 47111 --stats 1 flows
listening() {
	ip netns exec peer ss -Hltn "sport = :47110" | grep . >/dev/null
}
wait_for 10 listening
nobody python3 -c '
import socket
open("/proc/self/comm", "w").write("\n{\x1b[1m\t}")
for i in range(7): socket.create_connection(("10.9.0.2", 47110))
for i in range(3): socket.socket().connect_ex(("10.9.0.2", 47111))'
all_seen() {
	[ "$(lines "$work/all" '.event | IN("connect", "connect_failed", "accept")')" = 17 ]
}
wait_for 20 all_seen
stop_reader "$reader_pid"
wait $count || fail "status $?"
safe "$work/out"
# (perhaps in two minutes)
awk -F '\t' '$6 == "?{?[1m?}" && $7 ~ /python3/ { made += $2; failed += $3; user = $5 }
	$6 == "python3" { accepted += $4 }
	END { print made, failed, accepted, user; exit made != 7 || failed != 3 || accepted != 7 || user != "nobody" }' "$work/out" ||
	fail "$(cat "$work/out")"
