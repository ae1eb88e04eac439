#!/bin/bash
# An echo request and its reply name the process that pings; what the kernel makes says so; the rest says nothing.
. "$(dirname "$0")/lib.sh"

make_link rs0 0
sysctl -qw net.ipv4.ping_group_range="65534 65534" # ping sockets for nobody; root's ping has a raw one
"$loader" load -m 0666 rs0 >"$work/load"
# by tracepoints a socket is known only after its first request
unnamed=0
"$loader" status --json flows | jq -e '.sources[0].ways == "tracepoints"' >/dev/null && unnamed=1
start_reader "$work/out" rs0

# ping_as NAME UID ADDRESS: at the same time, each by a program of its own, which tells them apart: the pids
# in the records are those of the initial namespace. A copy has no capability that the file may have.
ping_as() {
	cp "$(command -v ping)" "$work/$1"
	setpriv --reuid "$2" --regid "$2" --clear-groups "$work/$1" -n -q -i 0.2 -c 4 "$3" >/dev/null &
	pids[$1]=$!
}
declare -A pids
ping_as raw4 0 10.9.0.2
ping_as socket4 65534 10.9.0.2
ping_as raw6 0 fd09::2
ping_as socket6 65534 fd09::2
for name in "${!pids[@]}"; do
	wait "${pids[$name]}" || fail "$name: ping ended with status $?"
done
# the peer asks for a port that nobody has, and pings us: the kernel answers both
ip netns exec peer bash -c 'exec 3>/dev/udp/10.9.0.1/4242; echo >&3'
ip netns exec peer ping -n -q -c 1 10.9.0.1 >/dev/null
answered() {
	[ "$(lines "$work/out" '.direction == "out" and (.icmp_type == 0 or .icmp_type == 3)')" = 2 ]
}
wait_for 10 answered
stop_reader "$reader_pid"

named=0
for name in "${!pids[@]}"; do
	uid=0 version=4
	[[ $name == socket* ]] && uid=65534
	[[ $name == *6 ]] && version=6
	mine="select(.comm == \"$name\" and .exe == \"$work/$name\" and .uid == $uid and .ip_version == $version and
		.parent_comm == \"icmp-process.sh\")"
	requests=$(jq -c "$mine | select(.direction == \"out\" and (.icmp_type == 8 or .icmp_type == 128))" "$work/out" | wc -l)
	replies=$(jq -c "$mine | select(.direction == \"in\" and (.icmp_type == 0 or .icmp_type == 129))" "$work/out" | wc -l)
	[ "$requests" -ge $((4 - unnamed)) ] || fail "$name: $requests requests name it"
	equal "$name: replies" "$requests" "$replies"
	named=$((named + requests + replies))
	# one identifier for each: no other process's echo is among them
	equal "$name: identifiers and pids" 1 "$(jq -c "$mine | [.icmp_id, .pid, .ppid]" "$work/out" | sort -u | wc -l)"
done
equal "echoes with and without a process" 32 "$((named + $(lines "$work/out" \
	'.pid == null and ((.direction == "out" and (.icmp_type == 8 or .icmp_type == 128)) or (.direction == "in" and (.icmp_type == 0 or .icmp_type == 129)))')))"
equal "what the kernel sends, without its word" 0 \
	"$(lines "$work/out" '.direction == "out" and .icmp_type != 8 and .icmp_type != 128 and .origin != "kernel"')"
equal "what others send, with an origin" 0 "$(lines "$work/out" '.direction == "in" and .origin != null')"
equal "text names the process" 1 "$("$reader" -f text -n 1 --from-start --comm raw4 rs0 | grep -c 'pid [0-9]* raw4$')"

# without flows nobody is asked
"$loader" unload rs0 >/dev/null
"$loader" load --no-flows -m 0666 rs0 >/dev/null
start_reader "$work/none" -n 2 rs0
ping -n -q -c 2 10.9.0.2 >/dev/null
wait "$reader_pid"
equal "processes without flows" 0 "$(lines "$work/none" '.pid != null or .origin != null')"
