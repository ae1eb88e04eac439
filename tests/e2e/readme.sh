#!/bin/bash
# The samples in the README are what the programs print, but for numbers.
. "$(dirname "$0")/lib.sh"

make_link eth0 0
sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
ip netns exec peer sysctl -qw net.ipv6.conf.peer0.disable_ipv6=1
export PATH=$root/loader:$root/reader:$PATH

# The samples are of a kernel with TCX links (6.6 on); before, it is a clsact filter, which has no link to pin.
older=
if ! ringside-loader check eth0 | grep "^ok *egress *TCX" >/dev/null; then
	older='s/tcx egress/clsact egress/; s/egress tcx/egress clsact/; /tcx_link/d'
fi

# sample NAME: that block of the README, without its command
sample() {
	awk -v name="<!-- sample: $1 -->" '$0 == name { found = 1; next }
		found && /^```/ { if (open) exit; open = 1; next }
		found && open && !/^\$ / { print }' "$root/README.md" | sed "$older"
}
# numbers may differ, and the width of columns with them
same() {
	diff <(sample "$1" | sed -E 's/[0-9]+/N/g; s/(Nov|[A-Z][a-z]{2}) +N/DATE/; s/ +/ /g') \
		<(sed -E 's/[0-9]+/N/g; s/(Nov|[A-Z][a-z]{2}) +N/DATE/; s/ +/ /g' "$2") ||
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
adm "$reader" -v -n 3 --type 8,0,3 eth0 >"$work/json" 2>"$work/json.err" &
json=$!
adm "$reader" -v -n 3 -f text --type 8,0,3 eth0 >"$work/text" 2>"$work/text.err" &
text=$!
wait_for 10 grep -sq following "$work/json.err"
wait_for 10 grep -sq following "$work/text.err"
ping -n -q -c 1 10.9.0.2 >/dev/null
bash -c 'exec 3>/dev/udp/10.9.0.2/4242; echo >&3'
wait $json $text
same json "$work/json"
same text "$work/text"
adm "$loader" status >"$work/status"
same status "$work/status"

# and the two commands are targets that exist
for target in $(sed -n 's/^    sudo make \([a-z]*\) .*/\1/p' "$root/README.md"); do
	make -C "$root" -n "$target" >/dev/null || fail "make $target"
done
