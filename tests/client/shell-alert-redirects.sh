#!/bin/bash
# Redirects are alerted, by the sender's address, at once and then once a minute; real ones by a router that sends them.
. "$(dirname "$0")/shell-lib.sh"

# redirect SECOND SOURCE GATEWAY: a record of 2026-11-21 03:00:00 UTC and later
redirect() {
	local version=4 type=5 gateway=",\"gateway\":\"$3\""
	[[ $2 == *:* ]] && version=6 type=137 gateway=
	echo "{\"event\":\"icmp\",\"src_ip\":\"$2\",\"dst_ip\":\"10.0.0.9\",\"icmp_type\":$type,\"icmp_code\":1,\"timestamp\":$((1795230000 + $1))000,\"if_name\":\"$hostile\",\"ip_version\":$version$gateway,\"cpu\":0,\"seq\":1}"
}
canned() {
	local dir
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' RETURN
	manners 10.0.0.0/8
	bad_records 10.0.0.0/8
	ends_early "$(redirect 0 10.0.0.1 10.0.0.2)
{\"event\":\"lost\",\"source\":\"x\",\"timestamp\":1,\"count\":1}"
	{
		redirect 58 10.1.2.3 10.1.2.4
		redirect 59 10.1.2.3 10.1.2.4
		redirect 59 10.1.2.3 10.1.2.4
		redirect 59 10.1.2.3 10.1.2.5
		redirect 59 fd01:2::3 -
		redirect 59 fe80::1 -
		redirect 59 192.168.0.1 10.1.2.4
		redirect 59 10.1.2.3 10.1.2.4 | sed 's/"icmp_type":5/"icmp_type":137/'
		echo '{"event":"lost","source":"eth0","timestamp":1795230059000,"count":77}'
		echo '{"event":"stats","source":"eth0","timestamp":1795230060000}'
		redirect 61 10.1.2.3 10.1.2.4
		echo 'cut in the midd'
	} >"$dir/in"
	"$script" <"$dir/in" >"$dir/out" || fail "status $?"
	safe "$dir/out"
	diff - <(sed 's/ on .*//' "$dir/out") <<-END || fail "not as expected (<)"
		2026-11-21T03:00:58Z  10.1.2.3 redirects to 10.1.2.4: told 10.0.0.9
		2026-11-21T03:00:59Z  10.1.2.3 redirects to 10.1.2.5: told 10.0.0.9
		2026-11-21T03:00:59Z  fd01:2::3 redirects to another router: told 10.0.0.9
		2026-11-21T03:00:59Z  fe80::1 redirects to another router: told 10.0.0.9
		2026-11-21T03:00:59Z  192.168.0.1 redirects to 10.1.2.4: told 10.0.0.9
		2026-11-21T03:00:59Z  eth0: 77 records lost, perhaps redirects
		2026-11-21T03:00:00Z  10.1.2.3 redirects to 10.1.2.4: 2 more within the minute
		2026-11-21T03:01:01Z  10.1.2.3 redirects to 10.1.2.4: told 10.0.0.9
		a line is no record: is it ringside-reader -f json?
	END
	# how many lines are alerts, by range
	while read -r count ranges; do
		# shellcheck disable=SC2086 # several
		equal "alerts for $ranges" "$count" "$("$script" $ranges <"$dir/in" | grep -c told)"
	done <<-END
		3 10.0.0.0/8
		3 10.1.2.3
		3 10.1.2.2/31
		0 10.1.2.4/31
		1 fe80::/10
		2 fc00::/7 fe80::1/128
		0 fd01:2::/127
		1 fd01:2::/126
		1 FD01:0002:0:0:0:0:0:3
		4 0.0.0.0/0
		2 ::/0
	END
	for range in 10.0.0.0/33 10.0.0 300.0.0.1 fe80::/129 1:2:3 1::2::3 :::1 12345::1 eth0 "10.0.0.0/8 x" '' /8 10.0.0.0/; do
		equal "status for the range '$range'" 2 "$(status_of "$script" "$range" <"$dir/in")"
	done
	"$script" "$(printf '\033[2Jx')" </dev/null 2>"$dir/err" || true
	safe "$dir/err"
	grep -q '^alert-redirects: .*: no address or CIDR$' "$dir/err" || fail "$(cat "$dir/err")"
	# a flood from everywhere does not flood whoever reads the alerts
	for i in {0..1500}; do redirect 0 "10.7.$((i / 250)).$((i % 250))" 10.1.2.4; done >"$dir/flood"
	equal "alerts of a flood" 1001 "$("$script" <"$dir/flood" | grep -c told)"
	"$script" <"$dir/flood" | grep ' and others: 500 more' >/dev/null || fail "those left out are not counted"
	redirect 0 10.1.2.3 10.1.2.4 >"$dir/twice"
	redirect 0 10.1.2.3 10.1.2.4 >>"$dir/twice"
	for signal in INT TERM TERM-early; do
		ended_by $signal "$dir/twice" "$dir/out"
		grep -q ': 1 more' "$dir/out" || fail "after SIG$signal the last minute is missing"
	done
}
[ -n "${RINGSIDE_TEST_INSIDE:-}" ] || canned
. "$here/../e2e/lib.sh"

# The peer is a router that knows a better one on the same link.
make_link rs0 0
"$loader" load -m 0666 rs0 >/dev/null
ip netns exec peer sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=1 net.ipv4.conf.peer0.send_redirects=1 \
	net.ipv6.conf.all.forwarding=1
ip -n peer addr add fe80::99/64 dev peer0 nodad
ip route add 10.99.0.0/16 via 10.9.0.2
ip -n peer route add 10.99.0.0/16 via 10.9.0.3
ip route add fd99::/64 via fd09::2
ip -n peer route add fd99::/64 via fe80::3 dev peer0
mkfifo -m 0666 "$work/lines"
nobody "$script" 10.9.0.2/32 fe80::/10 <"$work/lines" >"$work/alerts" &
alert=$!
start_reader "$work/lines" --type 5,6:137 --stats 1 rs0
redirected() {
	ping -n -q -c 1 -W 1 10.99.0.1 >/dev/null || true
	ping -n -q -c 1 -W 1 fd99::1 >/dev/null || true
	grep -q ' 10.9.0.2 redirects to 10.9.0.3: told 10.9.0.1 on rs0$' "$work/alerts" &&
		grep -q ' fe80::.* redirects to another router: told fd09::1 on rs0$' "$work/alerts"
}
wait_for 20 redirected
stop_reader "$reader_pid"
wait $alert || fail "status $? after the reader's end"
