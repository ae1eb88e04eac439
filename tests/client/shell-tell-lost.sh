#!/bin/bash
# Lost records are told, and with -s those that are missing by their numbers; real loss by a reader that is held up.
. "$(dirname "$0")/shell-lib.sh"

lost() {
	echo "{\"event\":\"lost\",\"source\":\"$1\",\"timestamp\":1795230000000,\"count\":$2,\"cpu\":0}"
}
# numbers SOURCE CPU FIRST LAST: records
numbers() {
	local seq event=icmp
	[ "$1" = flows ] && event=close
	for ((seq = $3; seq <= $4; seq++)); do
		echo "{\"event\":\"$event\",\"if_name\":\"${1/flows/eth0}\",\"timestamp\":1795230000000,\"cpu\":$2,\"seq\":$seq}"
	done
}
canned() {
	local dir
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' RETURN
	manners -s
	bad_records -s
	early=1
	ends_early "$(lost eth0 1)"
	{ numbers eth0 0 5 9; numbers eth0 1 0 3; numbers flows 0 100 102; numbers eth0 0 10 12; } >"$dir/whole"
	equal "nothing lost" "0 " "$(status_of "$script" <"$dir/whole") $("$script" <"$dir/whole")"
	equal "nothing missing" "0 " "$(status_of "$script" -s <"$dir/whole") $("$script" -s <"$dir/whole")"
	{ cat "$dir/whole"; lost eth0 3; numbers flows 0 110 110; lost "$hostile" 4; numbers eth0 0 16 16; lost eth0 2; numbers eth0 0 0 1; } >"$dir/in"
	equal "lost" 1 "$(status_of "$script" <"$dir/in")"
	"$script" <"$dir/in" >"$dir/out" && fail "status 0 after loss"
	safe "$dir/out"
	diff - <(cut -d' ' -f 2- "$dir/out") <<-'END' || fail "not as expected (<)"
		 eth0: 3 records lost, 3 in all
		 ?{??[2J?2J?"'$(touch /tmp/pwned)`;*\: 4 records lost, 4 in all
		 eth0: 2 records lost, 5 in all
	END
	# 3 of eth0 are missing and told of; 7 of flows are missing and nobody said so
	equal "-s" "flows: by the numbers 7 more are missing" "$("$script" -s <"$dir/in" | tail -n 1)"
	sed 2d "$dir/whole" >"$dir/less"
	equal "one line less" "0 1" "$(status_of "$script" <"$dir/less") $(status_of "$script" -s <"$dir/less")"
	{ numbers eth0 0 100 105; numbers eth0 0 0 1; numbers eth0 0 5 5; } >"$dir/again"
	equal "loaded again" "eth0: by the numbers 3 more are missing" "$("$script" -s <"$dir/again" || true)"
	{ cat "$dir/whole"; echo '{"event":"icmp","if_na'; } >"$dir/cut"
	equal "a line that is cut" 1 "$(status_of "$script" <"$dir/cut")"
	for signal in INT TERM TERM-early; do
		lost eth0 3 >"$dir/one"
		ended_by $signal "$dir/one" "$dir/out"
		grep -q "eth0: 3 records lost" "$dir/out" || fail "SIG$signal: $(cat "$dir/out")"
	done
	early=0
	ended_by TERM "$dir/whole" "$dir/out"
}
[ -n "${RINGSIDE_TEST_INSIDE:-}" ] || canned
. "$here/../e2e/lib.sh"

make_link rs0 0
sysctl -qw net.ipv6.conf.rs0.disable_ipv6=1
ip netns exec peer sysctl -qw net.ipv6.conf.peer0.disable_ipv6=1
"$loader" load -m 0666 --ring-size 64K rs0 >/dev/null # 512 records for each CPU

# one reader whose output nobody takes until told so, and one that keeps up
mkfifo -m 0666 "$work/slow" "$work/gate"
(read -r _ <"$work/gate"; exec cat) <"$work/slow" >"$work/taken" &
cat=$!
launch_reader "$work/slow" rs0
slow_pid=$reader_pid
start_reader "$work/quick" rs0
wait_for 10 grep -sq following "$work/slow.err"
for _ in 1 2 3 4 5 6; do pings 500 10.9.0.2; done
wait_for 10 at_least "$work/quick" 6000
echo >"$work/gate"
said() {
	grep -q '"event":"lost"' "$work/taken"
}
wait_for 10 said
stop_reader "$slow_pid"
stop_reader "$reader_pid"
wait $cat
status=0
nobody "$script" <"$work/taken" >"$work/told" || status=$?
equal "status" 1 $status
equal "told" "$(jq -s 'map(select(.event == "lost").count) | add' "$work/taken")" \
	"$(sed -n '$s/.* rs0: .*, \([0-9]*\) in all$/\1/p' "$work/told")"
nobody "$script" -s <"$work/quick" || fail "the reader that keeps up: status $?"
sed 100,104d "$work/quick" >"$work/less"
equal "five lines less" "rs0: by the numbers 5 more are missing" "$(nobody "$script" -s <"$work/less" || true)"
