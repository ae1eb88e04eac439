#!/bin/bash
# The samples in the README are what the programs print, but for numbers.
. "$(dirname "$0")/lib.sh"

make_link eth0 0
sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
ip netns exec peer sysctl -qw net.ipv6.conf.peer0.disable_ipv6=1
export PATH=$root/loader:$root/reader:$PATH

# The samples are of a kernel with TCX links (6.6 on); before, it is a clsact filter, which has no link to pin.
# And of one with kprobes: without them less is seen, and load says what.
older=
if ! ringside-loader check eth0 | grep "^ok *egress *TCX" >/dev/null; then
	older='s/tcx egress/clsact egress/; s/egress tcx/egress clsact/; /tcx_link/d'
fi
if ! ringside-loader check eth0 | grep "^ok *kprobes" >/dev/null; then
	older="$older; s/(kprobes and tracepoints)/(tracepoints)/; /^attached to sockets/a\\  without connects that fail before a packet is sent; accept before the connection is first used; the peer of UDP received by sockets that are not connected; the end of UDP at once (a moment later); the process of a socket's first echo request"
fi

# sample NAME: that block of the README, without its command
sample() {
	awk -v name="<!-- sample: $1 -->" '$0 == name { found = 1; next }
		found && /^```/ { if (open) exit; open = 1; next }
		found && open && !/^\$ / { print }' "$root/README.md" | sed "$older"
}
# numbers may differ, and the width of columns with them
same() {
	diff <(sample "$1" | sed -E 's/[0-9]+/N/g; s/(Nov|[A-Z][a-z]{2}) +N/DATE/; s/ +/ /g; s/(attribution.:)"(context|socket)"/\1A/') \
		<(sed -E 's/[0-9]+/N/g; s/(Nov|[A-Z][a-z]{2}) +N/DATE/; s/ +/ /g; s/(attribution.:)"(context|socket)"/\1A/' "$2") ||
		fail "the README's sample of $1 (<) is not what is printed (>)"
	[ -n "$(sample "$1")" ] || fail "the README has no sample of $1"
}
adm() {
	setpriv --reuid 65534 --regid 65534 --groups "$(getent group adm | cut -d: -f3)" "$@"
}

ringside-loader load -g adm eth0 >"$work/load"
same load "$work/load"
ls -l /run/ringside/eth0 /run/ringside/eth0/root >"$work/pins"
same pins "$work/pins"
ip netns exec peer python3 -m http.server --directory "$work" 80 >/dev/null 2>&1 &
listens() {
	[ -n "$(ip netns exec peer ss -Hltn 'sport = :80')" ]
}
wait_for 20 listens

# follow_as_adm NAME ARGUMENTS...: a member of adm follows
follow_as_adm() {
	adm "$reader" -v "${@:2}" >"$work/$1" 2>"$work/$1.err" &
	wait_for 10 grep -sq following "$work/$1.err"
}
follow_as_adm json -n 5 --type 8,0,3 eth0
follow_as_adm flows -n 2 --comm curl flows
follow_as_adm text -n 4 -f text --comm curl --comm ping
# the second echo is the one that every kernel can tell the process of
bash -c 'curl -s -o /dev/null http://10.9.0.2/
	ping -n -q -i 0.2 -c 2 10.9.0.2 >/dev/null
	exec 3>/dev/udp/10.9.0.2/4242
	echo >&3'
has_lines() {
	[ "$(wc -l <"$work/$1")" = "$2" ]
}
wait_for 10 has_lines json 5
wait_for 10 has_lines flows 2
wait_for 10 has_lines text 4
# bash is the one that connects, grep as a member of adm
bash -c 'exec 3<>/dev/tcp/10.9.0.2/80
	setpriv --reuid 65534 --regid 65534 --groups "$(getent group adm | cut -d: -f3)" grep ESTABLISHED /run/ringside/flows/tcp' >"$work/sockets"
same sockets "$work/sockets"
tail -n 3 "$work/json" >"$work/json3"
same json "$work/json3"
same flows "$work/flows"
same text "$work/text"
adm "$loader" status eth0 >"$work/status"
same status "$work/status"

# and the two commands are targets that exist
for target in $(sed -n 's/^    sudo make \([a-z]*\) .*/\1/p' "$root/README.md"); do
	make -C "$root" -n "$target" >/dev/null || fail "make $target"
done
