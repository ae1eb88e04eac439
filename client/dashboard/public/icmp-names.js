// The names of ICMP types, as the reader's text has them.
const V4 = {
	0: 'Echo Reply', 3: 'Destination Unreachable', 4: 'Source Quench', 5: 'Redirect', 8: 'Echo Request', 9: 'Router Advertisement',
	10: 'Router Solicitation', 11: 'Time Exceeded', 12: 'Parameter Problem', 13: 'Timestamp Request', 14: 'Timestamp Reply',
	15: 'Information Request', 16: 'Information Reply', 17: 'Address Mask Request', 18: 'Address Mask Reply',
	42: 'Extended Echo Request', 43: 'Extended Echo Reply',
};
const V6 = {
	1: 'Destination Unreachable', 2: 'Packet Too Big', 3: 'Time Exceeded', 4: 'Parameter Problem', 128: 'Echo Request', 129: 'Echo Reply',
	130: 'Multicast Listener Query', 131: 'Multicast Listener Report', 132: 'Multicast Listener Done', 133: 'Router Solicitation',
	134: 'Router Advertisement', 135: 'Neighbor Solicitation', 136: 'Neighbor Advertisement', 137: 'Redirect',
	143: 'Multicast Listener Report v2', 160: 'Extended Echo Request', 161: 'Extended Echo Reply',
};

export function icmpName(version, type) {
	if (type === undefined) return 'ICMP';
	const names = version === 6 ? V6 : V4;
	return Object.hasOwn(names, type) ? names[type] : `ICMP type ${type}`;
}

export const icmpNames = [...new Set([...Object.values(V4), ...Object.values(V6)])].sort();
