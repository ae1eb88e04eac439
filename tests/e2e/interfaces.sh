#!/bin/bash
# Two interfaces, a reader on each and one on both; native and generic mode; in and out; a dotted name.
. "$(dirname "$0")/lib.sh"

make_link rs0 0
make_link rs1 1
for mode in native generic; do
	"$loader" load -m 0666 --xdp $mode rs0 rs1 >"$work/load"
	equal "interfaces in $mode mode" 2 "$(grep -c "(xdp $mode" "$work/load")"
	start_reader "$work/one" --stats 3600 --type 8,0 rs0
	one=$reader_pid
	start_reader "$work/two" --stats 3600 --type 8,0 rs1
	two=$reader_pid
	start_reader "$work/both" --stats 3600 --type 8,0 rs0 rs1
	both=$reader_pid
	start_reader "$work/all" --stats 3600 --type 8,0
	all=$reader_pid
	start_reader "$work/in" --stats 3600 --type 8,0 -i
	in=$reader_pid
	start_reader "$work/out" --stats 3600 --type 8,0 -o
	out=$reader_pid
	pings 30 10.9.0.2
	pings 20 10.9.1.2
	wait_for 10 at_least "$work/one" 60
	wait_for 10 at_least "$work/two" 40
	wait_for 10 at_least "$work/both" 100
	wait_for 10 at_least "$work/all" 100
	wait_for 10 at_least "$work/in" 50
	wait_for 10 at_least "$work/out" 50
	for pid in $one $two $both $all $in $out; do stop_reader "$pid"; done
	for f in one two both all in out; do accounts "$work/$f"; done
	equal "rs0 alone" 60 "$(lines "$work/one" '.event == "icmp" and .if_name == "rs0"')"
	equal "rs1 alone" 40 "$(lines "$work/two" '.event == "icmp" and .if_name == "rs1"')"
	equal "both: rs0" 60 "$(lines "$work/both" '.event == "icmp" and .if_name == "rs0"')"
	equal "both: rs1" 40 "$(lines "$work/both" '.event == "icmp" and .if_name == "rs1"')"
	equal "all" 100 "$(lines "$work/all" '.event == "icmp"')"
	equal "in" 50 "$(lines "$work/in" '.event == "icmp" and .direction == "in" and .icmp_type == 0')"
	equal "out" 50 "$(lines "$work/out" '.event == "icmp" and .direction == "out" and .icmp_type == 8')"
	# records of two interfaces come in the order of their time
	jq -s '[.[] | select(.event == "icmp").ts_us] | . == sort' "$work/both" | grep true >/dev/null ||
		echo "note: not in order across CPUs, which is promised only for what is at hand"
	"$loader" unload --all >/dev/null
done

# bpffs takes no dot in a name
make_link rs0.100 2
"$loader" load -m 0666 rs0.100 >"$work/load"
grep -q "pinned to: /run/ringside/rs0%2e100$" "$work/load" || fail "$(cat "$work/load")"
start_reader "$work/dotted" --type 8,0 rs0.100
pings 5 10.9.2.2
wait_for 10 at_least "$work/dotted" 10
equal "its name" 10 "$(lines "$work/dotted" '.if_name == "rs0.100"')"
equal "status" "flows rs0.100" "$("$loader" status --json | jq -r '.sources[].name' | xargs)"
"$loader" unload rs0.100 >/dev/null
[ ! -e /run/ringside ] || fail "left behind: $(find /run/ringside)"
