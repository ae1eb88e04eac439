#!/bin/bash
# What one container does is shown, and nothing of others; real connections from a cgroup that docker would make.
. "$(dirname "$0")/shell-lib.sh"

canned() {
	local dir
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' RETURN
	manners web
	bad_records web
	equal "no container" 2 "$(status_of "$script" </dev/null)"
	equal "an empty one" 2 "$(status_of "$script" "" </dev/null)"
	ends_early '{"event":"connect","timestamp":1,"pod":"web"}' web
	cat >"$dir/in" <<-END
		{"event":"connect","timestamp":1795230000999,"direction":"out","local_ip":"10.0.0.1","local_port":4000,"remote_ip":"10.0.0.2","remote_port":80,"latency_us":1234,"pid":12,"comm":"$hostile","container_id":"abcdef012345","container_name":"web"}
		{"event":"connect_failed","timestamp":1795230000999,"direction":"out","local_ip":"fd::1","local_port":4000,"remote_ip":"fd::2","remote_port":80,"latency_us":1500,"error":"ECONNREFUSED","pid":12,"comm":"curl","container_id":"abcdef012345"}
		{"event":"close","timestamp":1795230001000,"direction":"in","local_ip":"10.0.0.1","local_port":4000,"remote_ip":"10.0.0.2","remote_port":80,"tx_bytes":0,"rx_bytes":1000,"duration_us":1500000,"retransmits":2,"pid":12,"comm":"curl","container_id":"abcdef012345"}
		{"event":"close","timestamp":1795230001000,"local_ip":"10.0.0.1","local_port":4000,"remote_ip":"10.0.0.2","remote_port":80,"tx_bytes":0,"rx_bytes":0,"retransmits":0,"pid":12,"comm":"curl","container_id":"abcdef012345"}
		{"event":"udp_recv","timestamp":1795230001000,"direction":"in","local_ip":"10.0.0.1","local_port":53,"packets":3,"bytes":0,"end":true,"pid":1,"comm":"dns","pod":"web"}
		{"event":"icmp","timestamp":1795230001000,"direction":"out","src_ip":"10.0.0.1","dst_ip":"1.1.1.1","icmp_type":8,"icmp_code":0,"pid":2,"comm":"ping","container_id":"abcdef012345"}
		{"event":"later","timestamp":1795230001000,"container_id":"abcdef012345"}
		{"event":"connect","timestamp":1795230001000,"comm":"other","container_id":"abcdee012345","container_name":"web2","pod":"abcdef"}
		{"event":"connect","timestamp":1795230001000,"comm":"abcdef"}
		{"event":"lost","source":"flows","timestamp":1795230001000,"count":8}
		-f text
	END
	"$script" abcdef0 <"$dir/in" >"$dir/out" || fail "status $?"
	safe "$dir/out"
	diff - "$dir/out" <<-'END' || fail "not as expected (<)"
		2026-11-21T03:00:00Z  connect ?{??[2J?2J?"'$(touch /tmp/pwned)`;*\[12] 10.0.0.1:4000 -> 10.0.0.2:80, after 1.234 ms
		2026-11-21T03:00:00Z  connect_failed curl[12] [fd::1]:4000 -> [fd::2]:80, ECONNREFUSED, after 1.5 ms
		2026-11-21T03:00:01Z  close curl[12] 10.0.0.1:4000 <- 10.0.0.2:80, 1.5 s, 0 bytes sent, 1000 bytes received, 2 segments sent again
		2026-11-21T03:00:01Z  close curl[12] 10.0.0.1:4000 -- 10.0.0.2:80, 0 bytes sent, 0 bytes received
		2026-11-21T03:00:01Z  icmp ping[2] 10.0.0.1 -> 1.1.1.1, type 8 code 0
		2026-11-21T03:00:01Z  later ?[?] ? -- ?
		2026-11-21T03:00:01Z  flows: 8 records lost, perhaps of this container
		a line is no record: is it ringside-reader -f json?
	END
	# lines of the container, by what it is called
	while read -r count container; do
		equal "lines of $container" "$count" "$("$script" "$container" <"$dir/in" | grep -c '\[[0-9?]*\] ')"
	done <<-END
		2 web
		1 web2
		7 abcdef
		0 abc
		6 abcdef012345
		0 abcdef0123456
		0 bcdef
		0 ab.*
	END
	head -n 1 "$dir/in" >"$dir/one"
	for signal in INT TERM TERM-early; do
		ended_by $signal "$dir/one" "$dir/out" web
		equal "lines after SIG$signal" 1 "$(wc -l <"$dir/out")"
	done
}
[ -n "${RINGSIDE_TEST_INSIDE:-}" ] || canned
. "$here/../e2e/lib.sh"

hierarchy=/sys/fs/cgroup
[ -d $hierarchy/memory ] && hierarchy=$hierarchy/memory # cgroup v1
[ -f $hierarchy/cgroup.procs ] || skip "no cgroups are mounted here"
id=$(printf '5a%.0s' {1..28})$(printf '%08d' $((EPOCHSECONDS % 100000000)))
cgroup=$hierarchy/docker-$id.scope
mkdir "$cgroup"
trap 'rmdir "$cgroup"' EXIT
"$loader" load --no-icmp -m 0666 lo >/dev/null
mkfifo -m 0666 "$work/lines"
nobody "$script" "${id:0:60}" <"$work/lines" >"$work/out" &
watch=$!
start_reader "$work/lines" flows
connect() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || true
}
connect 47120 # nobody listens there; not in the container
(
	echo $BASHPID >"$cgroup/cgroup.procs"
	printf '\r{\033[1m' >/proc/self/comm
	connect 47121
)
connect 47122
shown() {
	grep -q "connect_failed ?{?\[1m\[[0-9]*\] 127.0.0.1:[0-9]* -> 127.0.0.1:47121, ECONNREFUSED, after " "$work/out"
}
wait_for 10 shown
stop_reader "$reader_pid"
wait $watch || fail "status $?"
safe "$work/out"
equal "lines" 1 "$(wc -l <"$work/out")"
