# shellcheck shell=bash
# flows-load-lib.sh - traffic whose number is known, while flows are loaded and exchanged; sourced by
# flows-load-*.sh and killed-flows-*.sh, after lib.sh.
traffic=$root/.build/tests/e2e/flows-load
[ -x "$traffic" ] || skip "not built: make tests-build"
pin_root=/run/ringside
port=7000 # of the traffic
netns=$(stat -L -c %i /proc/self/ns/net) # what others on this host do is seen as well
held=5	  # connections that go on until the end
number=20000 # of a port where nobody listens
me=$(head -c 15 <<<"${0##*/}") # as the kernel knows this shell
step=

# start_traffic FILE THREADS [MICROSECONDS]: one connection after the other in each, and $held that stay
start_traffic() {
	mkfifo "$1.end"
	"$traffic" $port $held "$2" $((slower == 1 ? ${3:-200} : 20000)) <"$1.end" >"$1" &
	traffic_pid=$!
	exec {traffic_end}>"$1.end"
	wait_for 10 grep -sq ready "$1"
}

# stop_traffic FILE RECORDS: until all of it is in RECORDS; how many connections it was in $made
stop_traffic() {
	exec {traffic_end}>&-
	wait "$traffic_pid" || fail "the traffic ended with status $?"
	made=$(($(tail -n 1 "$1") + held))
	all_closed() { [ "$(grep -c "^{\"event\":\"close\".*\"netns\":$netns," "$2")" -ge $((2 * made)) ]; }
	wait_for 20 all_closed "$@"
	rm "$1.end"
}

# whole RECORDS [ACCEPTS]: each connection has one connect, one accept and two closes, all of the traffic's
# process; no CPU's numbers have a gap. ACCEPTS: so many may be missing.
whole() {
	jq -r --argjson port $port --argjson netns "$netns" 'select(.netns == $netns and (.local_port == $port or .remote_port == $port)) | [.event, .direction, if .direction == "out" then .local_port, .remote_ip else .remote_port, .local_ip end,
		(if .comm == "flows-load" then .pid else "unknown" end)] | @tsv' "$1" >"$1.events"
	# the number that the process has outside of this namespace is not known here, but it has only one
	awk -v pid="$(head -n 1 "$1.events" | cut -f 5)" -v made="$made" -v accepts="${2:-0}" '
		$5 != pid { print "of another process: " $0; wrong++ }
		{ n[$1 " " $2]++; each[$3 " " $4 " " $1 " " $2]++; connection[$3 " " $4]++ }
		END {
			for (c in connection) {
				one = each[c " connect out"]
				if (each[c " accept in"] < one && accepts-- > 0) each[c " accept in"] = one
				if (!one || each[c " accept in"] != one || each[c " close out"] != one || each[c " close in"] != one) {
					print c ": " one " connect, " each[c " accept in"]+0 " accept, " each[c " close out"]+0 " and " each[c " close in"]+0 " close"
					wrong++
				}
			}
			if (n["connect out"] != made) { print made " were made, " n["connect out"]+0 " connect"; wrong++ }
			exit wrong > 0
		}' "$1.events" >"$1.wrong" || fail "not once each: $(head -n 5 "$1.wrong")"
}

# no_gap RECORDS: of a reader without options
no_gap() {
	jq -r 'select(.seq != null) | "\(.cpu) \(.seq)"' "$1" | awk '
		{ n[$1]++; if (!($1 in min) || $2 < min[$1]) min[$1] = $2; if ($2 > max[$1]) max[$1] = $2 }
		END { for (c in n) gaps += max[c] - min[c] + 1 - n[c]; exit gaps > 0 }' ||
		fail "the numbers of a CPU have gaps in $1: $(grep '"lost"' "$1" | head -n 1)"
}

# flows_links: the ids of what keeps flows attached
flows_links() {
	local pin
	for pin in "$pin_root/flows/root"/*; do
		[ -d "$pin" ] || bpftool -j link show pinned "$pin" | jq '.id // .[0].id'
	done
}

# told: whose a connection that is refused is told to be, in $by; each time that it is told
told() {
	number=$((number + 1))
	! (exec 3<>/dev/tcp/127.0.0.1/$number) 2>/dev/null || fail "somebody listens on port $number"
	nobody "$reader" --once --port $number flows >"$work/told" || fail "$step: flows are visible and cannot be read"
	by=$(jq -r "select(.netns == $netns and .event == \"connect_failed\") | .comm" "$work/told" | xargs)
}
told_once() {
	told
	equal "$step: told" "$me" "$by"
}
# complete [alone]: no pin is missing; the programs are those of the pins
complete() {
	local pin gate links
	for pin in ring bell counters about processes tcp udp root/tick root/state/gate root/state/sockets; do
		[ -e "$pin_root/flows/$pin" ] || fail "$step: flows are visible without $pin"
	done
	links=$(find "$pin_root/flows/root" -maxdepth 1 -type f | wc -l)
	gate=$(bpftool -j map show pinned "$pin_root/flows/root/state/gate" | jq .id)
	no_others() {
		[ "$(bpftool -j prog list | jq --argjson gate "$gate" '[.[] | select(.map_ids | index($gate))] | length')" = "$links" ]
	}
	if [ "${1:-}" = alone ]; then
		(wait_for 10 no_others) || fail "$step: other programs than those of the pins" # the kernel takes its time
	fi
}
# sources: what is loaded, in one line
sources() {
	"$loader" status --json | jq -r '.sources[].name' | xargs
}
