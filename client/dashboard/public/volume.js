// How many bytes a record tells of that no record before it has told of: flows and datagrams come as running totals.
import { number, string } from './record.js';

const FLOWS = 20000;

export class Volume {
	#known = new Map(); // flow → its total so far, the one unheard of for longest first

	of(record, room) {
		const event = string(record, 'event');
		if (event === 'icmp') return number(record, 'length') ?? 0;
		const datagrams = event === 'udp_send' || event === 'udp_recv';
		if (!datagrams && event !== 'close' && event !== 'flow') return 0;
		const total = datagrams ? (number(record, 'bytes') ?? 0) : (number(record, 'tx_bytes') ?? 0) + (number(record, 'rx_bytes') ?? 0);
		const parts = ['netns', 'local_port', 'remote_port'].map((key) => number(record, key));
		const key = [room, datagrams ? event : 'tcp', string(record, 'local_ip'), string(record, 'remote_ip'), ...parts].join(' ');
		const before = this.#known.get(key) ?? 0;
		this.#known.delete(key);
		if (event !== 'close' && record.end !== true) {
			this.#known.set(key, total);
			if (this.#known.size > FLOWS) this.#known.delete(this.#known.keys().next().value);
		}
		// a total that shrank is of another flow with the same ends
		return total >= before ? total - before : total;
	}
}
