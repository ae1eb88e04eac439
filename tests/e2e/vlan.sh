#!/bin/bash
# A VLAN interface and the one below it: the same packets, there with their tag, in and out.
. "$(dirname "$0")/lib.sh"

make_link rs0 0
ip link add link rs0 name rs0.100 type vlan id 100 2>/dev/null || modprobe 8021q 2>/dev/null ||
	skip "this kernel has no VLAN interfaces (8021q)"
ip link show rs0.100 >/dev/null 2>&1 || ip link add link rs0 name rs0.100 type vlan id 100
ip link set rs0.100 up
ip addr add 10.9.100.1/24 dev rs0.100
ip -n peer link add link peer0 name peer0.100 type vlan id 100
ip -n peer addr add 10.9.100.2/24 dev peer0.100
ip -n peer link set peer0.100 up
# A veth hands the tag over beside the packet, where XDP does not look; on a wire it is in the packet.
ip netns exec peer ethtool -K peer0 txvlan off >/dev/null

"$loader" load --no-flows -m 0666 rs0 rs0.100 >/dev/null
start_reader "$work/below" --type 8,0 rs0
start_reader "$work/vlan" --type 8,0 rs0.100
pings 5 10.9.100.2
wait_for 10 at_least "$work/below" 10
wait_for 10 at_least "$work/vlan" 10
equal "tagged, out" 5 "$(lines "$work/below" '.vlan == [100] and .direction == "out"')"
equal "tagged, in" 5 "$(lines "$work/below" '.vlan == [100] and .direction == "in"')"
equal "on the VLAN interface" 10 "$(lines "$work/vlan" '(has("vlan") | not) and .if_name == "rs0.100"')"
