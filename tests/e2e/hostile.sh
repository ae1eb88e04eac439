#!/bin/bash
# A hostile local user, in the group and not, cannot change, stop or delay anything: each attempt is refused, readers are unharmed.
# timeout: 240
. "$(dirname "$0")/lib.sh"

hostile=$root/.build/tests/e2e/hostile
[ -x "$hostile" ] || skip "not built: make tests-build"
[ "$(cat /proc/sys/kernel/unprivileged_bpf_disabled)" != 0 ] || skip "everybody may load BPF programs here (kernel.unprivileged_bpf_disabled=0)"
group=65534 # start_reader's own
pin_root=/run/ringside
port=7003 # where nobody listens
netns=$(stat -L -c %i /proc/self/ns/net)

# Everything that has a number: an attacker may know them all.
ids() {
	bpftool -j prog list | jq -r '.[] | "p:\(.id)"'
	bpftool -j map list | jq -r '.[] | "m:\(.id)"'
	bpftool -j link list | jq -r '.[] | "l:\(.id)"'
}

# promptly WHAT COMMAND...: it works, within five seconds
promptly() {
	local what=$1 begin
	shift
	begin=$(date +%s%N)
	timeout $((5 * slower)) "$@" >"$work/promptly" 2>&1 || fail "$what: status $? after $((($(date +%s%N) - begin) / 1000000)) ms: $(cat "$work/promptly")"
}

# What is visible, but for the times of the ring, which its readers may set.
state() {
	find "$pin_root" -printf '%P %y %m %U %G %i\n' | sort
	ip -d link show rs0 | grep -o 'prog/xdp.*'
	bpftool -j net show dev rs0 | jq -c '.[0] | del(.. | .flow_dissector?)'
}

# nothing_left: no program on the interface, no pins, no mount
nothing_left() {
	ip -d link show rs0 | grep xdp >/dev/null && fail "an xdp program is left"
	equal "tc programs left" 0 "$(bpftool -j net show dev rs0 | jq '.[0].tc | length')"
	! mountpoint -q "$pin_root" || fail "the mount is left"
	[ ! -e "$pin_root" ] || fail "$pin_root is left"
}

# attack ID in|out: every attempt, while two readers follow and pings pass
attack() {
	local id=$1 part=$2 readers=() storm storm_of_flows pinger holder status=0 i before
	local user=(env -C "$work/$id" setpriv --reuid "$id" --regid "$id" --clear-groups "$hostile")
	for i in 1 2; do
		start_reader "$work/reader$i" --stats 3600 --type echo-request,echo-reply rs0
		readers+=("$reader_pid")
	done
	start_reader "$work/flows" --stats 3600 --port "$port" flows
	readers+=("$reader_pid")
	before=$(state)
	"${user[@]}" storm "$pin_root" rs0 &
	storm=$!
	"${user[@]}" storm "$pin_root" flows &
	storm_of_flows=$!
	pings 100 10.9.0.2 &
	pinger=$!
	# shellcheck disable=SC2046 # a word each
	"${user[@]}" try "$pin_root" rs0 "$index" "$part" $(ids) >"$work/attempts" || status=$?
	"${user[@]}" try "$pin_root" flows "$index" "$part" >>"$work/attempts" || status=$?
	for ((i = 0; i < 20; i++)); do ! (exec 3<>/dev/tcp/10.9.0.2/$port) 2>/dev/null || fail "somebody listens on $port"; done
	wait "$pinger" || fail "the pings were disturbed"
	kill "$storm" "$storm_of_flows"
	wait "$storm" "$storm_of_flows" 2>/dev/null || true
	grep -v ^ok "$work/attempts" || true
	[ "$status" = 0 ] || fail "user $id: $(grep -c WRONG "$work/attempts") attempts did not end as they should"
	equal "attempts by user $id, at least" true "$([ "$(grep -c ^ok "$work/attempts")" -ge 300 ] && echo true)"
	equal "state after the attempts" "$before" "$(state)"

	"${user[@]}" hold "$pin_root" rs0 >"$work/held" &
	holder=$!
	"${user[@]}" hold "$pin_root" flows >"$work/held_flows" &
	wait_for 10 grep -q holding "$work/held"
	wait_for 10 grep -q holding "$work/held_flows"
	promptly "load again" "$loader" load --hooks auto rs0
	for ((i = 0; i < 20; i++)); do ! (exec 3<>/dev/tcp/10.9.0.2/$port) 2>/dev/null || fail "somebody listens on $port"; done
	pings 50 10.9.0.2
	for i in 1 2; do
		wait_for 10 at_least "$work/reader$i" 300
		stop_reader "${readers[i - 1]}"
		equal "records of reader $i" 300 "$(lines "$work/reader$i" '.event == "icmp"')"
		equal "lost by reader $i" 0 "$(lines "$work/reader$i" '.event == "lost"')"
		accounts "$work/reader$i"
	done
	# before and after the programs were exchanged, the same connections
	wait_for 10 at_least "$work/flows" 40
	stop_reader "${readers[2]}"
	equal "refused connections" 40 "$(lines "$work/flows" ".event == \"connect_failed\" and .error == \"ECONNREFUSED\" and .comm == \"hostile.sh\" and .netns == $netns")"
	accounts "$work/flows"
	promptly "load another size" "$loader" load --ring-size 256K rs0
	promptly "unload" "$loader" unload rs0
	nothing_left
	promptly "load after unload" "$loader" load -m "$mode" -g "$group" rs0
	start_reader "$work/after" -n 2 --type echo-request,echo-reply rs0
	pings 1 10.9.0.2
	timeout $((10 * slower)) tail --pid="$reader_pid" -f /dev/null && wait "$reader_pid" || fail "the reader after unload: status $?"
	promptly "unload again" "$loader" unload --all
	nothing_left
	# with its children: what runs of it in this namespace is ours
	pkill -KILL -x hostile
	wait "$holder" 2>/dev/null || true
	rm -f "$work"/reader* "$work"/after* "$work"/flows*
}

make_link rs0 0
index=$(ip -j link show rs0 | jq ".[0].ifindex")
for id in $group 12345; do
	mkdir "$work/$id"
	chown "$id" "$work/$id"
done

for mode in 0660 0666; do
	for id in $group 12345; do
		part=in
		[ "$mode$id" = 066012345 ] && part=out
		echo "user $id, mode $mode"
		"$loader" load -m "$mode" -g "$group" rs0
		attack "$id" "$part"
	done
done
