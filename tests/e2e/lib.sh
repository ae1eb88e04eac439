# lib.sh - a small world for each end-to-end test; sourced, not run.
#
# The test runs again inside its own network, mount and process namespaces with
# an empty /run: whatever it makes there, interfaces, pins, servers, is gone when
# it ends, however it ends. In it:
#   rs0 (10.9.0.1, fd09::1)  <--veth-->  peer0 (10.9.0.2, fd09::2) in netns "peer"
set -euo pipefail

if [ "$(id -u)" != 0 ]; then
	echo "needs root"
	exit 77
fi
if [ -z "${RINGSIDE_TEST_INSIDE:-}" ]; then
	RINGSIDE_TEST_INSIDE=1 exec unshare --net --mount --pid --fork --kill-child --mount-proc "$0" "$@"
fi

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
loader=${RINGSIDE_LOADER:-$root/loader/ringside-loader}
reader=${RINGSIDE_READER:-$root/reader/ringside-reader}
slower=${RINGSIDE_TEST_SLOWER:-1} # under emulation everything takes longer

mount -t tmpfs -o mode=0755 tmpfs /run
mkdir -m 1777 /run/work
work=/run/work
unset SUDO_GID SUDO_UID SUDO_USER RINGSIDE_PIN_ROOT
ip link set lo up

fail() {
	echo "FAIL: $*" >&2
	exit 1
}

skip() {
	echo "$*"
	exit 77
}

# wait_for SECONDS COMMAND...: until it succeeds. Starts no process of its own: under
# emulation each takes a twentieth of a second.
exec {never}<> <(:)
wait_for() {
	local seconds=$1 end
	shift
	end=$((EPOCHSECONDS + seconds * slower))
	until "$@"; do
		[ $EPOCHSECONDS -lt $end ] || fail "waited ${seconds}s for: $*"
		read -r -t 0.05 -u "$never" || true
	done
}

# equal WHAT EXPECTED FOUND
equal() {
	[ "$2" = "$3" ] || fail "$1: expected $2, found $3"
}

nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

# make_link NAME NUMBER: NAME here and peerNUMBER in netns peer, on 10.9.NUMBER.0/24
make_link() {
	[ -e /run/netns/peer ] || { ip netns add peer; ip -n peer link set lo up; }
	ip link add "$1" type veth peer name "peer$2" netns peer
	ip addr add "10.9.$2.1/24" dev "$1"
	ip -n peer addr add "10.9.$2.2/24" dev "peer$2"
	ip addr add "fd09:$2::1/64" dev "$1" nodad
	ip -n peer addr add "fd09:$2::2/64" dev "peer$2" nodad
	ip link set "$1" up
	ip -n peer link set "peer$2" up
	# resolved once, so that counts are of pings alone
	ip neigh replace "10.9.$2.2" dev "$1" lladdr "$(ip netns exec peer cat "/sys/class/net/peer$2/address")"
}

# launch_reader FILE ARGUMENTS...: as nobody, lines to FILE, messages to FILE.err; its pid in reader_pid
launch_reader() {
	local file=$1
	shift
	: >"$file.err" # what an earlier reader said is not what this one says
	setpriv --reuid 65534 --regid 65534 --clear-groups "$reader" -v "$@" >"$file" 2>"$file.err" &
	reader_pid=$!
}

# start_reader FILE ARGUMENTS...: the same, and returns when it follows
start_reader() {
	launch_reader "$@"
	wait_for 10 grep -sq following "$1.err"
}

# stop_reader PID: SIGTERM, and its exit status must be 0
stop_reader() {
	kill "$1"
	wait "$1" || fail "reader ended with status $?"
}

# lines FILE FILTER: how many records match a jq filter
lines() {
	jq -c "select($2)" "$1" | wc -l
}

# pings COUNT ADDRESS: sent and answered, all of them
pings() {
	ping -n -q -i 0.002 -c "$1" -W 5 "$2" | grep " $1 received" >/dev/null || fail "ping $2: not all were answered"
}

# at_least FILE COUNT: lines in it
at_least() {
	[ "$(wc -l <"$1")" -ge "$2" ]
}

# accounts FILE: delivered + lost = written, in its final stats
accounts() {
	jq -e 'select(.event == "stats" and .final) | .written == .delivered + .lost and .behind == 0 and .delivered == .printed + .filtered' \
		"$1" >/dev/null || fail "$1: the account does not add up: $(grep '"stats"' "$1" | tail -n 1)"
}
