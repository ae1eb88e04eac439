// All that came, and what the panels make of it. Bounded in everything.
import { Echoes } from './echoes.js';
import { eventIndex, EVENTS } from './events.js';
import { Losses } from './losses.js';
import { number } from './record.js';
import { Ring } from './ring.js';
import { rowOf } from './row.js';
import { Series } from './series.js';
import { Volume } from './volume.js';
import { Window } from './window.js';

const KEPT = 20000; // rows
const KEPT_LENGTH = 32 << 20; // of their lines
const FLOWS = 100;

export class Stream {
	#waiting = []; // { row, record }
	#volume = new Volume();
	rows = new Ring(KEPT, KEPT_LENGTH);
	matching = new Ring(KEPT, KEPT_LENGTH);
	filter = () => true;
	rates = new Series(EVENTS.length);
	roundTrips = new Series(1, 300, Math.max);
	talkers = new Window();
	processes = new Window();
	echoes = new Echoes();
	flows = new Ring(FLOWS);
	losses = new Losses();
	arrived = 0;

	setFilter(filter) {
		this.filter = filter;
		this.matching = new Ring(KEPT, KEPT_LENGTH);
		for (const row of this.rows) if (filter(row)) this.matching.push(row, row.line.length);
	}

	// Lines that came: they wait for a moment, so that those of several rooms can be put in order.
	take(lines, room, now = Date.now()) {
		for (const line of lines) this.#waiting.push(rowOf(line, room, now));
		if (this.#waiting.length > KEPT) this.flush(now);
	}

	flush(now = Date.now()) {
		const taken = this.#waiting.sort((a, b) => a.row.time - b.row.time);
		this.#waiting = [];
		for (const one of taken) this.#add(one, now);
	}

	#add({ row, record }, now) {
		const { room, line } = row;
		this.arrived++;
		this.rows.push(row, line.length);
		if (this.filter(row)) this.matching.push(row, row.line.length);
		this.rates.add(eventIndex(row.event), row.time, 1, now);
		this.losses.hear(record, room, row.time);
		if (row.event === 'icmp') this.echoes.add(record, room);
		this.#count(row, record, room, now);
		const udpEnd = (row.event === 'udp_send' || row.event === 'udp_recv') && record.end === true;
		if (row.event === 'close' || udpEnd) this.#closed(row, record);
	}

	#count(row, record, room, now) {
		const volume = this.#volume.of(record, room);
		// of a flow, the other end is the talker; of a packet, who sent it
		const talker = row.event === 'icmp' ? row.here : row.there;
		if (talker) this.talkers.add(talker, volume, now);
		if (row.process) this.processes.add(row.process.replace(/\[\d+\]$/, '') || row.process, volume, now);
	}

	#closed(row, record) {
		const datagrams = number(record, 'bytes');
		this.flows.push({
			row,
			lasted: number(record, 'duration_us'),
			sent: row.event === 'udp_send' ? datagrams : number(record, 'tx_bytes'),
			received: row.event === 'udp_recv' ? datagrams : number(record, 'rx_bytes'),
			again: number(record, 'retransmits'),
		});
	}
}
