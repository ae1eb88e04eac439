#!/bin/bash
# The kernel's parser and tshark agree about 500 hand-made packets, cut at every byte, and a million random ones.
# timeout: 600
#
# Each packet runs through the XDP and the tc program (packets.c says what is
# checked there: the verdict, the packet unchanged, the counting), and what they
# recorded is compared with tshark and with a second opinion (compare.py, which
# says where tshark cannot be asked, and why).
# RINGSIDE_PACKETS says how many random packets; packet N is always the same.
set -euo pipefail

skip() {
	echo "$*"
	exit 77
}

[ "$(id -u)" = 0 ] || skip "needs root"
command -v tshark >/dev/null || skip "needs tshark (apt-get install tshark)"
root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/tests/fuzz
packets=${RINGSIDE_PACKETS:-1000000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

# tshark as nobody, with a configuration of its own: only what is compared is dissected.
mkdir "$work/config"
as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent WIRESHARK_CONFIG_DIR="$work/config")
dissected='frame|eth|ethertype|vlan|ieee8021ad|ip|ip\.options.*|ipv6|ipv6\..*|ah|mipv6|mip6.*|hip|shim6'
dissected+='|icmp|icmpv6|tcp|udp|udplite|sctp|dccp|data|_ws.*'
"${as_nobody[@]}" tshark -G protocols 2>/dev/null | cut -f 3 | grep -vxE "$dissected" >"$work/disabled"
mv "$work/disabled" "$work/config/disabled_protos"
read -ra fields < <("$here/compare.py" --fields)
tshark=("${as_nobody[@]}" tshark -n -T fields -E occurrence=a "${fields[@]}")
for preference in ip.defragment ipv6.defragment ip.tso_support ip.check_checksum udp.check_checksum \
	tcp.check_checksum tcp.desegment_tcp_streams tcp.analyze_sequence_numbers sctp.reassembly; do
	tshark+=(-o "$preference:FALSE")
done

# part NAME PACKETS-ARGUMENTS...: make, run and compare
part() {
	local prefix=$work/$1
	shift
	"$root/.build/tests/fuzz/packets" "$root/.build/bpf/icmp.builtin.o" "$prefix" "$@" || return
	# by its standard input: nobody needs no access to the file
	"${tshark[@]}" -r - <"$prefix.pcap" 2>"$prefix.err" | "$here/compare.py" "$prefix" ||
		{ cat "$prefix.err"; return 1; }
	rm "$prefix.pcap" "$prefix.tsv"
}

# Two at a time, and not too much at once: tshark remembers what it saw.
share=$((packets / 2 < 250000 ? (packets + 1) / 2 : 250000))
parts=("made made")
for ((from = 0; from < packets; from += share)); do
	parts+=("random$from $from $((from + share < packets ? share : packets - from))")
done
failed=()
for ((i = 0; i < ${#parts[@]}; i += 2)); do
	running=()
	for one in "${parts[@]:i:2}"; do
		# shellcheck disable=SC2086 # its words are arguments
		part $one >"$work/${one%% *}.log" 2>&1 &
		running+=($!:"${one%% *}")
	done
	for one in "${running[@]}"; do
		wait "${one%:*}" || failed+=("$work/${one#*:}.log")
	done
done
if [ ${#failed[@]} != 0 ]; then
	head -n 30 "${failed[@]}"
	exit 1
fi
awk '{ by[substr($0, index($0, "by"))] += $1 } END { for (mode in by) print by[mode] " runs " mode }' "$work"/*.log
"$here/compare.py" --sum "$work"/*.json
