# flows-lib.sh - for the tests of flows; sourced instead of lib.sh, not run.
#
# Records name processes as the initial pid namespace does. Descriptor 9 is its
# /proc, and stays so inside: /proc/self/fd/9/self tells a process its number there.
if [ -z "${RINGSIDE_TEST_INSIDE:-}" ]; then
	[ "$(readlink /proc/self/ns/pid)" = "pid:[4026531836]" ] || { echo "needs the initial pid namespace"; exit 77; }
	exec 9</proc
fi
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
e2e=$root/tests/e2e
said=$work/said # where programs of any user may write
mkdir -m 0777 "$said"
known=$root/.build/tests/e2e/flows-known
export RINGSIDE_TEST_PROC=/proc/self/fd/9 PYTHONDONTWRITEBYTECODE=1

in_peer() {
	nsenter --net=/run/netns/peer "$@"
}

# load_flows OPTIONS...: with rs0; what is not seen this way is in $missing
load_flows() {
	[ -z "${RINGSIDE_TEST_HOOKS:-}" ] || set -- --hooks "$RINGSIDE_TEST_HOOKS" "$@"
	make_link rs0 0
	"$loader" load -m 0666 "$@" rs0 >"$work/load"
	flows_status >"$work/status"
	missing=$(jq -r .missing "$work/status")
	export RINGSIDE_TEST_MISSING=$missing # for flows_known.py
	here=$(netns_of self) there=$(in_peer readlink /proc/self/ns/net | tr -dc 0-9)
}

flows_status() {
	"$loader" status --json flows | jq -c '.sources[0]'
}

netns_of() {
	readlink "/proc/$1/ns/net" | tr -dc 0-9
}

# sees WHAT: one of the things that a way may be without
sees() {
	[[ $missing != *"$1"* ]]
}
sees_failures() { sees "connects that fail before a packet is sent"; }
sees_accept() { sees "accept before the connection is first used"; }
sees_peers() { sees "the peer of UDP received"; }
sees_udp_close() { sees "the end of UDP at once"; }

# expect FILE: each line of it is in exactly one record ("_count": N of them), within some seconds; see the program
expect() {
	python3 "$e2e/flows_expect.py" "$work/records" "$1" $((${2:-10} * slower)) && return
	flows_status
	fail "$(basename "$1"): records differ from what was done"
}

# The account of the loader: everything has its place, nothing failed. Programs that were missed may be
# those that another one makes up for (in an interrupt; see flows.bpf.c): that nothing is missing, the records show.
flows_add_up() {
	flows_status >"$work/status"
	jq -e '.whole and .seen == .written + ([.filtered[], .failed[]] | add)' "$work/status" >/dev/null ||
		fail "the counters do not add up: $(cat "$work/status")"
	equal "failed, without room" "0 0" "$(jq -r '[([.failed[]] | add), (.noted | .sockets_full + .udp_full + .processes_full)] |
		map(tostring) | join(" ")' "$work/status")"
}

# stop_flows: the reader ends, and lost nothing
stop_flows() {
	stop_reader "$reader_pid"
	accounts "$work/records"
	equal "lost" 0 "$(lines "$work/records" '.event == "lost"')"
}

# single_segments DEVICE: a packet for each segment of TCP, so that losing packets is losing segments. Offloads that
# are off are not enough: TCP hands over many segments at once all the same, and the queue that loses comes before
# they are cut up (net/core/sock.c, sk_setup_caps; Linux 4.17 and newer).
single_segments() {
	ip link set "$1" gso_max_segs 1
}

# make_wire DELAY(ms) LOSS(%): from here to the peer; its address there is in $far, its device here in $wire
make_wire() {
	modprobe -q sch_netem || true
	far=10.9.0.2 wire=rs0
	single_segments rs0
	if tc qdisc add dev rs0 root netem limit 10000 delay "$1ms" loss "$2%" 2>/dev/null; then
		echo "netem: $1 ms, $2 %"
		return
	fi
	far=10.8.0.2 wire=wire0
	[ -c /dev/net/tun ] || skip "this kernel has neither netem nor tun"
	python3 "$e2e/flows-wire.py" "$(jq -n "$1 / 1000")" "$(($2 ? 100 / $2 : 0))" >"$work/wire" &
	wait_for 10 grep -sq made "$work/wire"
	ip link set wire1 netns peer
	ip addr add 10.8.0.1/24 dev wire0
	ip -n peer addr add 10.8.0.2/24 dev wire1
	single_segments wire0
	ip link set wire0 up
	ip -n peer link set wire1 up
	echo "a wire of our own, since this kernel has no netem: $1 ms, $2 %"
}
