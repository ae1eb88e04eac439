#!/bin/bash
# Real ICMP errors carry the packet that caused them: addresses, protocol and ports; with MTU and gateway.
. "$(dirname "$0")/lib.sh"

make_link rs0 0
"$loader" load --no-flows -m 0666 rs0 >/dev/null
start_reader "$work/all" rs0
sysctl -qw net.ipv4.icmp_ratelimit=0
ip netns exec peer sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1

# to a closed port
bash -c 'exec 3>/dev/udp/10.9.0.2/4242; echo >&3'
bash -c 'exec 3>/dev/udp/fd09:0::2/4243; echo >&3'
# through a router that lets it live no longer, and one whose next link is narrow
ip -n peer link add narrow type veth peer name narrow-end
ip -n peer link set narrow mtu 1300 up
ip -n peer link set narrow-end up
ip -n peer addr add 10.77.0.1/24 dev narrow
ip -n peer addr add fd77::1/64 dev narrow nodad
ip route add 10.77.0.0/24 via 10.9.0.2
ip -6 route add fd77::/64 via fd09:0::2
ping -n -c 1 -t 1 -W 1 10.77.0.5 >/dev/null || true
ping -n -c 1 -W 1 -M do -s 1400 10.77.0.5 >/dev/null 2>&1 || true
ping -6 -n -c 1 -W 1 -M do -s 1400 fd77::5 >/dev/null 2>&1 || true

has() {
	[ "$(lines "$work/all" "$1")" -ge 1 ]
}
wait_for 10 has '.icmp_type == 3 and .icmp_code == 3 and .direction == "in" and .ip_version == 4
	and .inner.protocol == 17 and .inner.src_ip == "10.9.0.1" and .inner.dst_ip == "10.9.0.2" and .inner.dst_port == 4242
	and .inner.src_port > 0'
wait_for 10 has '.icmp_type == 1 and .icmp_code == 4 and .ip_version == 6 and .inner.protocol == 17
	and .inner.src_ip == "fd09::1" and .inner.dst_ip == "fd09::2" and .inner.dst_port == 4243'
wait_for 10 has '.icmp_type == 11 and .src_ip == "10.9.0.2" and .inner.protocol == 1 and .inner.dst_ip == "10.77.0.5"
	and (.inner | has("src_port") | not)'
wait_for 10 has '.icmp_type == 3 and .icmp_code == 4 and .mtu == 1300 and .inner.dst_ip == "10.77.0.5"'
wait_for 10 has '.icmp_type == 2 and .ip_version == 6 and .mtu == 1300 and .inner.protocol == 58 and .inner.dst_ip == "fd77::5"'

# a later fragment has no ICMP header: counted, not misread
before=$("$loader" status --json | jq '.sources[0].filtered.later_fragment')
ping -n -q -c 5 -i 0.01 -s 4000 10.9.0.2 >/dev/null
after=$("$loader" status --json | jq '.sources[0].filtered.later_fragment')
equal "later fragments, 2 each way and ping" 20 $((after - before))
"$loader" status --json | jq -e '.sources[0] | .seen == .written + ([.filtered[], .failed[]] | add)' >/dev/null ||
	fail "$("$loader" status)"
