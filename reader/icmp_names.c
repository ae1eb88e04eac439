// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * icmp_names.c - IANA's names: "ICMP Type Numbers" and "ICMPv6 type Numbers"
 * (iana.org/assignments/icmp-parameters, icmpv6-parameters), without their
 * "(Deprecated)". ICMP 8 is "Echo" there and "Echo Request" here, as people say.
 */
#include "ringside.h"

static const char *const v4[256] = {
	[0] = "Echo Reply",
	[3] = "Destination Unreachable",
	[4] = "Source Quench",
	[5] = "Redirect",
	[6] = "Alternate Host Address",
	[8] = "Echo Request",
	[9] = "Router Advertisement",
	[10] = "Router Solicitation",
	[11] = "Time Exceeded",
	[12] = "Parameter Problem",
	[13] = "Timestamp",
	[14] = "Timestamp Reply",
	[15] = "Information Request",
	[16] = "Information Reply",
	[17] = "Address Mask Request",
	[18] = "Address Mask Reply",
	[19] = "Reserved (for Security)",
	[20 ... 29] = "Reserved (for Robustness Experiment)",
	[30] = "Traceroute",
	[31] = "Datagram Conversion Error",
	[32] = "Mobile Host Redirect",
	[33] = "IPv6 Where-Are-You",
	[34] = "IPv6 I-Am-Here",
	[35] = "Mobile Registration Request",
	[36] = "Mobile Registration Reply",
	[37] = "Domain Name Request",
	[38] = "Domain Name Reply",
	[39] = "SKIP",
	[40] = "Photuris",
	[41] = "Experimental Mobility",
	[42] = "Extended Echo Request",
	[43] = "Extended Echo Reply",
	[253] = "RFC3692-style Experiment 1",
	[254] = "RFC3692-style Experiment 2",
	[255] = "Reserved",
};

static const char *const v6[256] = {
	[0] = "Reserved",
	[1] = "Destination Unreachable",
	[2] = "Packet Too Big",
	[3] = "Time Exceeded",
	[4] = "Parameter Problem",
	[100 ... 101] = "Private Experimentation",
	[127] = "Reserved for Expansion of ICMPv6 Error Messages",
	[128] = "Echo Request",
	[129] = "Echo Reply",
	[130] = "Multicast Listener Query",
	[131] = "Multicast Listener Report",
	[132] = "Multicast Listener Done",
	[133] = "Router Solicitation",
	[134] = "Router Advertisement",
	[135] = "Neighbor Solicitation",
	[136] = "Neighbor Advertisement",
	[137] = "Redirect Message",
	[138] = "Router Renumbering",
	[139] = "ICMP Node Information Query",
	[140] = "ICMP Node Information Response",
	[141] = "Inverse Neighbor Discovery Solicitation Message",
	[142] = "Inverse Neighbor Discovery Advertisement Message",
	[143] = "Version 2 Multicast Listener Report",
	[144] = "Home Agent Address Discovery Request Message",
	[145] = "Home Agent Address Discovery Reply Message",
	[146] = "Mobile Prefix Solicitation",
	[147] = "Mobile Prefix Advertisement",
	[148] = "Certification Path Solicitation Message",
	[149] = "Certification Path Advertisement Message",
	[150] = "Experimental Mobility",
	[151] = "Multicast Router Advertisement",
	[152] = "Multicast Router Solicitation",
	[153] = "Multicast Router Termination",
	[154] = "FMIPv6 Messages",
	[155] = "RPL Control Message",
	[156] = "ILNPv6 Locator Update Message",
	[157] = "Duplicate Address Request",
	[158] = "Duplicate Address Confirmation",
	[159] = "MPL Control Message",
	[160] = "Extended Echo Request",
	[161] = "Extended Echo Reply",
	[200 ... 201] = "Private Experimentation",
	[255] = "Reserved for Expansion of ICMPv6 Informational Messages",
};

const char *ringside_icmp_name(int ip_version, int type)
{
	const char *name = type < 0 || type > 255 ? NULL : ip_version == 6 ? v6[type] : v4[type];

	return name ? name : "Unassigned";
}
