#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Compares what ringside made of packets with what tshark says they are.

    compare.py --fields                   the -e options that tshark needs
    tshark ... | compare.py PREFIX        PREFIX.tsv and PREFIX.pcap are from packets.c; totals to PREFIX.json
    compare.py --sum JSON...              the totals of several

expected_by_tshark() turns tshark's fields into what ringside has to say: the
counter that must move, or the record. Where tshark does not say (it stops at
a header that ringside can pass, or has no field for some bytes) the packet
falls under one of the RULES, each with its reason, and what tshark does say is
compared; how many packets fell under each is printed. decode() is a second opinion, written from the RFCs without
tshark: every packet is compared with it as well, in full.

What ringside promises of a packet (bpf/parse.bpf.h), in this order:
    other      not ICMP over IPv4 or ICMPv6 over IPv6, or too short to say
    headers    more than 8 IPv6 extension headers
    malformed  an IPv4 header with a wrong version or impossible lengths
    fragment   a later fragment of an ICMP packet
    truncated  headers do not end within the frame and the IP packet
    record     all the rest
"""
import collections
import itertools
import json
import socket
import struct
import sys

# What each first occurrence belongs to is known from the layers before it.
FIELDS = """frame.len frame.protocols eth.type vlan.id vlan.etype
ieee8021ad.id ieee8021ad.svid ieee8021ad.cvid ieee8021ah.etype
ip.version ip.hdr_len ip.len ip.ttl ip.proto ip.src ip.dst ip.cur_rt ip.frag_offset
ipv6.version ipv6.plen ipv6.hlim ipv6.nxt ipv6.src ipv6.dst
ipv6.hopopts.nxt ipv6.hopopts.len ipv6.routing.nxt ipv6.routing.len ipv6.dstopts.nxt ipv6.dstopts.len
ipv6.fraghdr.nxt ipv6.fraghdr.offset ah.next_header ah.length
mip6.proto mip6.hlen hip.proto hip.hdr_len shim6.nxt shim6.len
icmp.type icmp.code icmp.ident icmp.seq icmp.unused icmp.length icmp.mtu icmp.pointer icmp.redir_gw
icmp.num_addrs icmp.addr_entry_size icmp.lifetime icmp.ext.echo.seq
icmpv6.type icmpv6.code icmpv6.echo.identifier icmpv6.echo.sequence_number icmpv6.reserved icmpv6.length
icmpv6.mtu icmpv6.pointer icmpv6.nd.na.flag icmpv6.nd.ra.cur_hop_limit icmpv6.nd.ra.flag
icmpv6.nd.ra.router_lifetime icmpv6.mld.maximum_response_delay icmpv6.data
icmpv6.rr.sequence_number icmpv6.send.identifier icmpv6.send.component icmpv6.send.all_components
tcp.srcport tcp.dstport udp.srcport udp.dstport sctp.srcport sctp.dstport dccp.srcport dccp.dstport""".split()
AT = {name: i for i, name in enumerate(FIELDS)}

RULES = {
    "IPv4 header invalid": "tshark stops there, before the protocol: 'malformed' if it is ICMP, else 'other'",
    "IPv4 option gave tshark up": "an option of a wrong length; the header's own length says where it ends all the same",
    "IPv6 payload length 0": "with a hop-by-hop header the frame's end counts, as in Linux; tshark wants the jumbo option",
    "behind mobility or HIP": "tshark ends at these; they are extension headers (IANA), so ringside goes on",
    "extension header gave tshark up": "options or a route that do not fit; next header and length are read all the same",
    "rest of header without a field": "tshark has no field for all four bytes with this ICMP type",
    "inner IPv4 length": "tshark stops if it is below the header's; senders are known to mangle it, so it does not count",
    "inner IPv4 options cut": "tshark shows no destination address before it has all options, ringside does",
    "inner length cuts ports": "tshark believes the inner length, ringside takes what is quoted",
    "inner datagram length": "tshark ends the quote where RFC 4884's attribute says, ringside takes what is quoted",
    "several source routes": "of which header with options ip.dst or ip.cur_rt is cannot be told",
    "quoted SCTP": "tshark takes no SCTP header below 12 bytes, and none in a redirect; the ports are in the first 4",
}


def many(row, name):
    value = row[AT[name]]
    return value.split(",") if value else []


def first(row, name):
    value = row[AT[name]]
    if "," in value:
        value = value[:value.index(",")]
    return value


# --- what tshark's fields say ----------------------------------------------------

TAGS = ("0x8100", "0x88a8")


def link(row):
    """The tags and the EtherType behind two of them at most, or None if cut."""
    etype, tags = first(row, "eth.type"), []
    vlan, vlan_etype = iter(many(row, "vlan.id")), iter(many(row, "vlan.etype"))
    ad, ad_etype = iter(many(row, "ieee8021ad.id")), iter(many(row, "ieee8021ah.etype"))
    service, customer = iter(many(row, "ieee8021ad.svid")), iter(many(row, "ieee8021ad.cvid"))
    while etype in TAGS and len(tags) < 2:
        if etype == "0x8100":
            tags.append(next(vlan, None))
            etype = next(vlan_etype, None)
            continue
        # two 802.1ad tags in a row are one layer to tshark
        pair = next(service, None)
        if pair is None:
            tags.append(next(ad, None))
        else:
            tags += [pair, next(customer, None)]
        etype = next(ad_etype, None)
    if None in tags or len(tags) > 2:
        return tags, None
    return tags, etype


# next header: its field, the length's, and bytes for a length of 0 and for each unit
EXTENSIONS = {
    "0": ("ipv6.hopopts.nxt", "ipv6.hopopts.len", 8, 8),
    "43": ("ipv6.routing.nxt", "ipv6.routing.len", 8, 8),
    "44": ("ipv6.fraghdr.nxt", None, 8, 0),
    "51": ("ah.next_header", "ah.length", 8, 4),
    "60": ("ipv6.dstopts.nxt", "ipv6.dstopts.len", 8, 8),
    "135": ("mip6.proto", "mip6.hlen", 8, 8),
    "139": ("hip.proto", "hip.hdr_len", 8, 8),
    "140": ("shim6.nxt", "shim6.len", 8, 8),
}


EXTENSION_LAYERS = ("ipv6.hopopts", "ipv6.routing", "ipv6.fraghdr", "ipv6.dstopts", "ah", "shim6")


def walk(row, queues, offset, end, nxt, why):
    """Over extension headers: (offset, next header, what stopped it or None), or None if tshark does not say."""
    for i in range(9):
        if nxt not in EXTENSIONS:
            return offset, nxt, None
        if i == 8:
            return offset, nxt, "headers"
        if offset + 8 > end:
            return offset, nxt, "truncated"
        field, length, base, unit = EXTENSIONS[nxt]
        for name in (field, length, "ipv6.fraghdr.offset" if nxt == "44" else None):
            if name and name not in queues:
                queues[name] = collections.deque(many(row, name))
        if not queues[field] or (length and not queues[length]):
            why.append("behind mobility or HIP" if "stopped" in queues else "extension header gave tshark up")
            return None
        if nxt in ("135", "139"):
            queues["stopped"] = True
        was, nxt = nxt, queues[field].popleft()
        if was == "44" and queues["ipv6.fraghdr.offset"].popleft() != "0":
            return offset, nxt, "fragment"
        offset += base + unit * int(queues[length].popleft()) if length else base
    return None


# The four bytes behind type, code and checksum: fields of so many bytes in a row.
# "name@N" is the field's Nth occurrence; "-" are bytes without a field; OWN is as
# many bytes as the field shows; a length attribute of 0 (IF_ANY) is not shown, its
# byte then is the first of the next field.
OWN, IF_ANY = None, 0
ECHO = (("icmp.ident", 2), ("icmp.seq", 2))
QUOTING = (("icmp.unused", OWN), ("icmp.length", IF_ANY), ("icmp.unused@1", OWN))
REST4 = {
    **dict.fromkeys((0, 8, 13, 14, 15, 16, 17, 18), ECHO),
    3: QUOTING, 11: QUOTING,
    5: (("icmp.redir_gw", 4),),
    9: (("icmp.num_addrs", 1), ("icmp.addr_entry_size", 1), ("icmp.lifetime", 2)),
    12: (("icmp.pointer", 1), ("icmp.length", IF_ANY), ("icmp.unused", OWN)),
    42: (("icmp.ident", 2), ("icmp.ext.echo.seq", 1), ("-", 1)),
    43: (("icmp.ident", 2), ("icmp.ext.echo.seq", 1), ("-", 1)),
}
TOO_BIG4 = (("icmp.unused", OWN), ("icmp.length", IF_ANY), ("icmp.mtu", 2)) # type 3, code 4
REST6 = {
    **dict.fromkeys((1, 3), (("icmpv6.length", IF_ANY), ("icmpv6.reserved", OWN))),
    2: (("icmpv6.mtu", 4),),
    4: (("icmpv6.pointer", 4),),
    **dict.fromkeys((128, 129), (("icmpv6.echo.identifier", 2), ("icmpv6.echo.sequence_number", 2))),
    # in a query of MLDv2 the code is a floating-point number, which tshark shows as the number
    **dict.fromkeys((130, 131, 132), (("icmpv6.mld.maximum_response_delay", 2), ("icmpv6.reserved", OWN))),
    **dict.fromkeys((133, 135, 137), (("icmpv6.reserved", OWN),)),
    134: (("icmpv6.nd.ra.cur_hop_limit", 1), ("icmpv6.nd.ra.flag", 1), ("icmpv6.nd.ra.router_lifetime", 2)),
    136: (("icmpv6.nd.na.flag", 4),),
    138: (("icmpv6.rr.sequence_number", 4),),
    148: (("icmpv6.send.identifier", 2), ("icmpv6.send.component", 2)),
    149: (("icmpv6.send.identifier", 2), ("icmpv6.send.all_components", 2)),
}
# these are assigned and tshark knows them, in ways that are not worth a line here
OTHER6 = range(139, 162)
UNASSIGNED6 = (("icmpv6.data", OWN),)


def number(text):
    """A field as -T fields prints it: an address, 0x..., or decimal."""
    if "." in text:
        return int.from_bytes(socket.inet_aton(text), "big")
    return int(text, 0)


def rest_of_header(row, version, kind, code):
    """(value, mask): what tshark says of these 32 bits."""
    if version == 4:
        parts = TOO_BIG4 if (kind, code) == (3, 4) else REST4.get(kind, ())
    else:
        parts = REST6.get(kind, () if kind in OTHER6 else UNASSIGNED6)
    value = mask = 0
    left = 4
    for name, size in parts:
        name, _, index = name.partition("@")
        values = many(row, name) if name != "-" else ()
        if len(values) <= int(index or 0):
            left -= size or 0
            continue
        if size is IF_ANY and "," in row[AT["icmp.type" if version == 4 else "icmpv6.type"]]:
            break # it may be that of an ICMP message within the quoted packet
        text = values[int(index or 0)]
        if size is OWN:
            text = text.replace(":", "")[:2 * left]
            size, n = len(text) // 2, int(text or "0", 16)
        else:
            size, n = size or 1, number(text)
        left -= size
        value |= n << 8 * left
        mask |= (1 << 8 * size) - 1 << 8 * left
    return value, mask


PORTS = {"6": "tcp", "17": "udp", "33": "dccp", "132": "sctp", "136": "udp"}
ERRORS = {4: (3, 4, 5, 11, 12), 6: (1, 2, 3, 4)}


def ports(row, protocol, end, why, offset, inner_end, quoted_end, behind):
    """Source and destination port of the inner packet, which begin at offset; behind: the rule for what is before."""
    name = PORTS[protocol]
    found = first(row, name + ".srcport"), first(row, name + ".dstport")
    if all(found):
        return found
    if offset + 4 > inner_end:
        why.append("inner length cuts ports")
    elif offset + 4 > quoted_end:
        why.append("inner datagram length")
    elif protocol == "132" and (offset + 12 > min(end, inner_end) or first(row, "icmp.type") == "5"):
        why.append("quoted SCTP")
    elif behind:
        why.append(behind)
    return None, None


def quote_end(row, version, offset):
    """Where the packet that an error quotes ends by the length attribute."""
    words = first(row, "icmp.length" if version == 4 else "icmpv6.length")
    if not words:
        return 1 << 30
    return offset + int(words) * (4 if version == 4 else 8)


NO_INNER = ("",) * 5
UNSAID_INNER = (None,) * 5


def destination4(row, index, why):
    """With a source route tshark shows its last address, if any, as ip.dst, and the header's own as ip.cur_rt."""
    headers, destinations, routed = many(row, "ip.hdr_len"), many(row, "ip.dst"), first(row, "ip.cur_rt")
    if routed and headers[index] != "20" and sum(header != "20" for header in headers) == 1:
        return routed
    if routed and (headers[index] != "20" or len(destinations) <= index):
        why.append("several source routes")
        return None
    return destinations[index]


def inner4(row, offset, end, why):
    limit = quote_end(row, 4, offset)
    if offset + 20 > end:
        return NO_INNER
    if offset + 20 > limit:
        why.append("inner datagram length")
        return UNSAID_INNER
    versions, headers = many(row, "ip.version"), many(row, "ip.hdr_len")
    if len(versions) < 2 or versions[1] != "4" or int(headers[1]) < 20:
        return NO_INNER
    header, length = int(headers[1]), int(many(row, "ip.len")[1])
    if length < header:
        why.append("inner IPv4 length")
        return UNSAID_INNER
    protocol, at = many(row, "ip.proto")[1], offset + header
    if at > end:
        why.append("inner IPv4 options cut")
        destination = None
    elif at > limit:
        why.append("inner datagram length")
        destination = None
    else:
        destination = destination4(row, 1, why)
    result = many(row, "ip.src")[1], destination, protocol
    if many(row, "ip.frag_offset")[1] != "0" or protocol not in PORTS or at + 4 > end:
        return result + ("", "")
    return result + ports(row, protocol, end, why, at, offset + length, limit,
                          header > 20 and "IPv4 option gave tshark up")


def inner6(row, queues, offset, end, why):
    limit = quote_end(row, 6, offset)
    if offset + 40 > end:
        return NO_INNER
    if offset + 40 > limit:
        why.append("inner datagram length")
        return UNSAID_INNER
    versions = many(row, "ipv6.version")
    if len(versions) < 2 or versions[1] != "6":
        return NO_INNER
    result = many(row, "ipv6.src")[1], many(row, "ipv6.dst")[1]
    inner_end = offset + 40 + int(many(row, "ipv6.plen")[1])
    walked = walk(row, queues, offset + 40, end, many(row, "ipv6.nxt")[1], why)
    if not walked:
        return result + (None,) * 3
    at, nxt, stop = walked
    if stop or nxt not in PORTS or at + 4 > end:
        return result + (nxt, "", "")
    if "stopped" in queues:
        why.append("behind mobility or HIP")
        return result + (nxt, None, None)
    return result + (nxt,) + ports(row, nxt, end, why, at, inner_end, limit,
                                  at > offset + 40 and "extension header gave tshark up")


UNSAID_MESSAGE = (None,) * 8


def message(row, version, kind, code, inner, why):
    rest = rest_of_header(row, version, int(kind), int(code))
    if rest[1] != 0xffffffff:
        why.append("rest of header without a field")
    return (kind, code, rest, *inner)


def expected4(row, tags, offset, size, why):
    if offset + 20 > size:
        return ("other",)
    header, length = int(first(row, "ip.hdr_len") or 0), int(first(row, "ip.len") or 0)
    if first(row, "ip.version") != "4" or header < 20 or length < header:
        why.append("IPv4 header invalid")
        return (("malformed", "other"),)
    if first(row, "ip.proto") != "1":
        return ("other",)
    if first(row, "ip.frag_offset") != "0":
        return ("fragment",)
    at, end = offset + header, min(offset + length, size)
    if at + 8 > end:
        return ("truncated",)
    outer = ("record", ",".join(tags), "4", first(row, "ip.src"), destination4(row, 0, why), first(row, "ip.ttl"),
             str(length))
    kind, code = first(row, "icmp.type"), first(row, "icmp.code")
    if not kind and header > 20 and row[AT["frame.protocols"]].endswith(":ip"):
        why.append("IPv4 option gave tshark up")
        return outer + UNSAID_MESSAGE
    inner = inner4(row, at + 8, end, why) if int(kind) in ERRORS[4] else NO_INNER
    return outer + message(row, 4, kind, code, inner, why)


def expected6(row, tags, offset, size, why):
    if offset + 40 > size or first(row, "ipv6.version") != "6":
        return ("other",)
    payload, nxt = int(first(row, "ipv6.plen")), first(row, "ipv6.nxt")
    if nxt in ("6", "17"):
        return ("other",)
    outer = (",".join(tags), "6", first(row, "ipv6.src"), first(row, "ipv6.dst"), first(row, "ipv6.hlim"),
             str(40 + payload))
    if payload == 0 and nxt == "0":
        why.append("IPv6 payload length 0")
        return (None, *outer, *UNSAID_MESSAGE)
    end, queues = min(offset + 40 + payload, size), {}
    walked = walk(row, queues, offset + 40, end, nxt, why)
    if not walked:
        return (None, *outer, *UNSAID_MESSAGE)
    at, nxt, stop = walked
    if nxt != "58" and stop in (None, "fragment"):
        return ("other",)
    if stop:
        return (stop,)
    if at + 8 > end:
        return ("truncated",)
    if "stopped" in queues:
        why.append("behind mobility or HIP")
        return ("record", *outer, *UNSAID_MESSAGE)
    kind, code = first(row, "icmpv6.type"), first(row, "icmpv6.code")
    if not kind and row[AT["frame.protocols"]].rpartition(":")[2] in EXTENSION_LAYERS:
        why.append("extension header gave tshark up")
        return ("record", *outer, *UNSAID_MESSAGE)
    inner = inner6(row, queues, at + 8, end, why) if int(kind) in ERRORS[6] else NO_INNER
    return ("record", *outer, *message(row, 6, kind, code, inner, why))


def expected_by_tshark(row, why):
    """(outcome, columns...); what tshark does not say is None, and why gets the rule."""
    tags, etype = link(row)
    offset, size = 14 + 4 * len(tags), int(row[AT["frame.len"]])
    if etype == "0x0800":
        return expected4(row, tags, offset, size, why)
    if etype == "0x86dd":
        return expected6(row, tags, offset, size, why)
    return ("other",)


# --- the second opinion: from the bytes, by the RFCs -------------------------------

def address(data):
    return socket.inet_ntop(socket.AF_INET if len(data) == 4 else socket.AF_INET6, data)


def skip_extensions(p, at, end, nxt):
    seen = 0
    while nxt in (0, 43, 44, 51, 60, 135, 139, 140):
        if seen == 8:
            return at, nxt, "headers"
        if at + 8 > end:
            return at, nxt, "truncated"
        seen += 1
        after, length = p[at], p[at + 1]
        if nxt == 44: # RFC 8200, 4.5
            if (p[at + 2] << 8 | p[at + 3]) >> 3:
                return at, after, "fragment"
            at += 8
        elif nxt == 51: # RFC 4302, 2.2
            at += 4 * (length + 2)
        else:
            at += 8 * (length + 1)
        nxt = after
    return at, nxt, None


def quoted(p, version, at, end):
    if version == 4:
        if at + 20 > end or p[at] >> 4 != 4 or p[at] & 15 < 5:
            return ("",) * 5
        source, destination, protocol = p[at + 12:at + 16], p[at + 16:at + 20], p[at + 9]
        fragment = (p[at + 6] & 31) << 8 | p[at + 7]
        at += 4 * (p[at] & 15)
    else:
        if at + 40 > end or p[at] >> 4 != 6:
            return ("",) * 5
        source, destination = p[at + 8:at + 24], p[at + 24:at + 40]
        at, protocol, fragment = skip_extensions(p, at + 40, end, p[at + 6])
    result = address(source), address(destination), str(protocol)
    if fragment or protocol not in (6, 17, 33, 132, 136) or at + 4 > end:
        return result + ("", "")
    return result + (str(p[at] << 8 | p[at + 1]), str(p[at + 2] << 8 | p[at + 3]))


def decode(p):
    size, at, tags = len(p), 14, []
    etype = p[12] << 8 | p[13]
    while etype in (0x8100, 0x88a8) and len(tags) < 2:
        if at + 4 > size:
            return ("other",)
        tags.append(str((p[at] & 15) << 8 | p[at + 1]))
        etype = p[at + 2] << 8 | p[at + 3]
        at += 4
    if etype == 0x0800 and at + 20 <= size:
        if p[at + 9] != 1:
            return ("other",)
        version, header, length = p[at] >> 4, 4 * (p[at] & 15), p[at + 2] << 8 | p[at + 3]
        if version != 4 or header < 20 or length < header:
            return ("malformed",)
        if (p[at + 6] & 31) << 8 | p[at + 7]:
            return ("fragment",)
        source, destination, ttl = p[at + 12:at + 16], p[at + 16:at + 20], p[at + 8]
        end = min(at + length, size)
        at += header
    elif etype == 0x86dd and at + 40 <= size:
        version, nxt, payload = p[at] >> 4, p[at + 6], p[at + 4] << 8 | p[at + 5]
        if version != 6 or nxt in (6, 17):
            return ("other",)
        source, destination, ttl, length = p[at + 8:at + 24], p[at + 24:at + 40], p[at + 7], 40 + payload
        # RFC 2675: a jumbogram has payload length 0 and a hop-by-hop header
        end = size if payload == 0 and nxt == 0 else min(at + length, size)
        at, nxt, stop = skip_extensions(p, at + 40, end, nxt)
        if stop == "fragment" and nxt != 58:
            return ("other",)
        if stop:
            return (stop,)
        if nxt != 58:
            return ("other",)
    else:
        return ("other",)
    if at + 8 > end:
        return ("truncated",)
    inner = quoted(p, version, at + 8, end) if p[at] in ERRORS[version] else ("",) * 5
    return ("record", ",".join(tags), str(version), address(source), address(destination), str(ttl), str(length),
            str(p[at]), str(p[at + 1]), p[at + 4:at + 8].hex(), *inner)


# --- side by side ------------------------------------------------------------------

NAMES = ("outcome vlan version src dst ttl length type code rest "
         "inner_src inner_dst inner_protocol inner_sport inner_dport").split()


def packets(path):
    with open(path, "rb") as file:
        file.seek(24)
        while header := file.read(16):
            yield file.read(struct.unpack("=4I", header)[2])


def differences(who, found, expected):
    """Column by column; None is not said, a tuple is (value, mask), or outcomes that are allowed."""
    outcome = expected[0]
    if outcome is not None and found[0] != outcome and found[0] not in (outcome if type(outcome) is tuple else ()):
        return [f"{who}: ringside says {found[0]}, expected {outcome}"]
    if found[0] != "record":
        return []
    result = []
    for name, a, b in zip(NAMES[1:], found[1:], expected[1:]):
        if type(b) is tuple:
            value, mask = b
            b = "%08x" % (value & mask | int(a, 16) & ~mask)
        if b is not None and a != b:
            result.append(f"{who}: {name}: ringside says {a or '-'}, expected {b or '-'}")
    return result


class Totals:
    def __init__(self):
        self.packets = self.different = self.inner = self.ports = 0
        self.outcomes, self.rules = collections.Counter(), collections.Counter()

    def add(self, name, found, packet, said):
        why = []
        try:
            expected = expected_by_tshark(said, why)
            wrong = differences("tshark", found, expected)
            if len(expected) == 15:
                self.inner += bool(expected[10])
                self.ports += bool(expected[13])
                if None in expected and not RULES.keys() >= set(why or "?"):
                    wrong.append("tshark: does not say all, and no rule tells why")
        except (IndexError, ValueError) as error:
            wrong = [f"tshark: a field is missing: {error!r}"]
        second = decode(packet)
        if found != second:
            wrong += differences("RFC", found, second) or [f"RFC: ringside says {found}, expected {second}"]
        self.packets += 1
        self.outcomes[found[0]] += 1
        self.rules.update(set(why))
        if wrong:
            self.different += 1
            if self.different <= 10:
                print(f"DIFFERENT {name}\n    " + "\n    ".join(wrong) + f"\n    {packet.hex()}")

    def save(self, path):
        with open(path, "w", encoding="ascii") as file:
            json.dump(vars(self), file)

    def load(self, path):
        with open(path, encoding="ascii") as file:
            for name, value in json.load(file).items():
                if isinstance(value, dict):
                    getattr(self, name).update(value)
                else:
                    setattr(self, name, getattr(self, name) + value)

    def print(self):
        print(f"{self.packets} packets compared, {self.different} different")
        print("outcomes: " + ", ".join(f"{k} {v}" for k, v in self.outcomes.most_common()))
        print(f"tshark confirms {self.inner} inner packets, {self.ports} with ports")
        for rule, count in self.rules.most_common():
            print(f"rule, {count} packets: {rule}: {RULES[rule]}")


def main():
    if sys.argv[1:] == ["--fields"]:
        print(" ".join("-e " + name for name in FIELDS))
        return 0
    totals = Totals()
    if sys.argv[1] == "--sum":
        for path in sys.argv[2:]:
            totals.load(path)
        totals.print()
        return 0
    prefix = sys.argv[1]
    with open(prefix + ".tsv", encoding="ascii") as tsv:
        for line, packet, said in itertools.zip_longest(tsv, packets(prefix + ".pcap"), sys.stdin):
            if line is None or packet is None or said is None:
                print("tshark and ringside did not see equally many packets")
                return 1
            name, *found = line.rstrip("\n").split("\t")
            totals.add(name, tuple(found), packet, said.rstrip("\n").split("\t"))
    totals.save(prefix + ".json")
    return 1 if totals.different or not totals.packets else 0


if __name__ == "__main__":
    sys.exit(main())
