#!/bin/bash
# load --compile behaves like the built-in program; load --source takes a program of one's own, and
# shows the compiler's words; the compiler runs without privilege.
. "$(dirname "$0")/lib.sh"
command -v clang >/dev/null || skip "clang is not installed"

make_link rs0 0
# records of one program, without what differs from run to run
records() {
	jq -c 'select(.event == "icmp") | del(.timestamp, .ts_us, .cpu, .seq, .icmp_id)' "$1" | sort
}
traffic() {
	pings 20 10.9.0.2
	pings 5 fd09:0::2
	ping -n -c 3 -i 0.01 -s 2000 10.9.0.2 >/dev/null             # fragments
	ping -n -c 2 -i 0.01 -t 1 10.9.0.77 -W 1 >/dev/null 2>&1 || true # nobody there
}
filter='echo-request,echo-reply'
for how in built-in compiled; do
	"$loader" load --no-flows -m 0666 $([ $how = compiled ] && echo --compile) rs0 >/dev/null
	equal "program" $how "$("$loader" status --json | jq -r '.sources[0].program')"
	start_reader "$work/$how" --type $filter rs0
	traffic
	wait_for 10 at_least "$work/$how" 56
	stop_reader "$reader_pid"
	"$loader" unload rs0 >/dev/null
done
cmp <(records "$work/built-in") <(records "$work/compiled") || fail "--compile gave other records"
echo "built-in and compiled: the same $(wc -l <"$work/compiled") records"

# the example: only large echo requests, and only what comes in
"$loader" load --no-flows -m 0666 --source "$root/bpf/large-echo.bpf.c" rs0 >"$work/load"
grep -q "without egress: the object has no tc program" "$work/load" || fail "$(cat "$work/load")"
start_reader "$work/large" --stats 3600 rs0
for size in 100 972 973 1400; do # 28 bytes of headers: 1000 is not larger than 1000
	ip netns exec peer ping -n -q -c 5 -i 0.01 -s $size 10.9.0.1 >/dev/null
done
wait_for 10 at_least "$work/large" 10
stop_reader "$reader_pid"
accounts "$work/large"
equal "large requests" 10 "$(lines "$work/large" '.icmp_type == 8 and .length > 1000 and .direction == "in"')"
equal "records" 10 "$(lines "$work/large" '.event == "icmp"')"
"$loader" status --json | jq -e '.sources[0] | .filtered.rule >= 10 and .seen == .written +
	([.filtered[], .failed[]] | add)' >/dev/null || fail "$("$loader" status)"
"$loader" unload rs0 >/dev/null

# compiler errors are shown as they are, by the file's name, and nothing is left
printf 'int broken(void) { return nothing; }\n' >"$work/broken.bpf.c"
if "$loader" load --no-flows --source "$work/broken.bpf.c" rs0 >"$work/out" 2>"$work/err"; then fail "loaded a broken program"; fi
grep -q "broken.bpf.c:1:.*error: use of undeclared identifier 'nothing'" "$work/err" || fail "$(cat "$work/err")"
grep -q "^ringside-loader: compile .*broken.bpf.c: the compiler found errors$" "$work/err" || fail "$(cat "$work/err")"
[ ! -s "$work/out" ] && [ ! -e /run/ringside/rs0 ] || fail "something was left"

# the compiler cannot read what only root may
printf 'secret\n' >"$work/secret"
chmod 0600 "$work/secret"
printf '#include "%s"\n' "$work/secret" >"$work/thief.bpf.c"
if "$loader" load --no-flows --source "$work/thief.bpf.c" rs0 2>"$work/err"; then fail "loaded"; fi
if grep -q secret: "$work/err" || ! grep -q "ermission denied\|cannot open" "$work/err"; then fail "$(cat "$work/err")"; fi
