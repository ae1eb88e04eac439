// What the table, the filters and the panels need of a record, taken out once.
import { icmpName } from './icmp-names.js';
import { number, parse, string, timeOf } from './record.js';

const PROTOCOLS = { 6: 'TCP', 17: 'UDP' };

function end(address, port) {
	if (!address) return '';
	if (port === undefined) return address;
	return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

export function processOf(record) {
	const name = string(record, 'comm');
	const pid = number(record, 'pid');
	if (name) return pid === undefined ? name : `${name}[${pid}]`;
	if (pid !== undefined) return `[${pid}]`;
	return string(record, 'origin');
}

function containerOf(record) {
	const pod = string(record, 'pod');
	return string(record, 'container_name') || (pod && `${string(record, 'namespace')}/${pod}`) || string(record, 'container_id').slice(0, 12);
}

export function rowOf(line, room, now = Date.now()) {
	const record = parse(line);
	const event = string(record, 'event') || 'other';
	const protocol = number(record, 'protocol');
	const row = {
		room, line, event,
		time: timeOf(record) ?? now,
		here: string(record, 'src_ip') || string(record, 'local_ip'),
		there: string(record, 'dst_ip') || string(record, 'remote_ip'),
		from: '', to: '',
		process: processOf(record),
		container: containerOf(record),
		type: event === 'icmp' ? icmpName(number(record, 'ip_version'), number(record, 'icmp_type')) : (PROTOCOLS[protocol] ?? ''),
		sentence: undefined, // made when it is shown
	};
	const local = end(row.here, number(record, 'local_port'));
	const remote = end(row.there, number(record, 'remote_port'));
	const inward = event !== 'icmp' && (event === 'accept' || event === 'udp_recv' || string(record, 'direction') === 'in');
	row.from = inward ? remote : local;
	row.to = inward ? local : remote;
	return { row, record };
}
