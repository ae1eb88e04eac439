// A record in words.
import { icmpName } from './icmp-names.js';
import { number, showable, string } from './record.js';
import { bytes, count, duration } from './units.js';

function icmp(record) {
	const parts = [icmpName(number(record, 'ip_version'), number(record, 'icmp_type'))];
	const add = (label, key) => {
		const value = number(record, key);
		if (value !== undefined) parts.push(`${label} ${value}`);
	};
	if (number(record, 'icmp_code')) add('code', 'icmp_code');
	add('id', 'icmp_id');
	add('seq', 'icmp_seq');
	add('mtu', 'mtu');
	if (string(record, 'gateway')) parts.push(`to gateway ${string(record, 'gateway')}`);
	const inner = Object.hasOwn(record, 'inner') && record.inner !== null && typeof record.inner === 'object' ? record.inner : undefined;
	if (inner) {
		const port = (key) => (number(inner, key) === undefined ? '' : ` port ${number(inner, key)}`);
		parts.push(`about ${string(inner, 'src_ip')}${port('src_port')} → ${string(inner, 'dst_ip')}${port('dst_port')}`);
	}
	const length = number(record, 'length');
	if (length !== undefined) parts.push(bytes(length));
	add('ttl', 'ttl');
	return parts.join(', ');
}

function totals(record) {
	const parts = [];
	if (number(record, 'tx_bytes') !== undefined) parts.push(`sent ${bytes(number(record, 'tx_bytes'))}`);
	if (number(record, 'rx_bytes') !== undefined) parts.push(`received ${bytes(number(record, 'rx_bytes'))}`);
	if (number(record, 'retransmits')) parts.push(`${count(number(record, 'retransmits'))} segments again`);
	if (number(record, 'rtt_us') !== undefined) parts.push(`rtt ${duration(number(record, 'rtt_us'))}`);
	return parts.join(', ');
}

function lasted(record) {
	const time = number(record, 'duration_us');
	return time === undefined ? '' : ` after ${duration(time)}`;
}

function datagrams(record, verb) {
	const packets = number(record, 'packets') ?? 0;
	return `${verb} ${count(packets)} datagram${packets === 1 ? '' : 's'}, ${bytes(number(record, 'bytes') ?? 0)}${record.end === true ? ', and that was all' : ' so far'}`;
}

const SENTENCES = new Map(Object.entries({
	icmp,
	connect: (r) => `connected${number(r, 'latency_us') === undefined ? '' : ` in ${duration(number(r, 'latency_us'))}`}`,
	connect_failed: (r) => `could not connect: ${string(r, 'error') || 'no reason known'}${number(r, 'latency_us') === undefined ? '' : ` after ${duration(number(r, 'latency_us'))}`}`,
	accept: () => 'accepted',
	close: (r) => `closed${lasted(r)}: ${totals(r)}`,
	flow: (r) => `goes on${lasted(r)}: ${totals(r)}`,
	retransmit: (r) => `sent again, ${count(number(r, 'retransmits') ?? 1)} in all${number(r, 'rtt_us') === undefined ? '' : `, rtt ${duration(number(r, 'rtt_us'))}`}`,
	udp_send: (r) => datagrams(r, 'sent'),
	udp_recv: (r) => datagrams(r, 'received'),
	lost: (r) => `${count(number(r, 'count') ?? 0)} records lost: the reader of ${string(r, 'source')} is too slow`,
	dropped: (r) => `${count(number(r, 'count') ?? 0)} records dropped: the forwarder's queue was full`,
	stats: (r) => `${string(r, 'source')}: ${count(number(r, 'written') ?? 0)} written, ${count(number(r, 'delivered') ?? 0)} delivered, ${count(number(r, 'lost') ?? 0)} lost`,
	text: (r) => string(r, 'line') + (number(r, 'cut') === undefined ? '' : ` (${count(number(r, 'cut'))} bytes were cut)`),
}));

export function sentence(record, line) {
	const known = SENTENCES.get(record.event);
	return known ? known(record) : showable(line);
}
