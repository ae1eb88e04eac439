// What is missing, by where it was lost.
import { number, string } from './record.js';

const PLACES = 50;

export class Losses {
	#places = new Map(); // text → { count, at }
	total = 0;

	// record: one that came, which may tell of a loss
	hear(record, room, at) {
		const event = string(record, 'event');
		const count = number(record, 'count');
		if (!(count > 0)) return;
		if (event === 'lost') this.add(`${room}: the reader of ${string(record, 'source') || 'a source'} was too slow`, count, at);
		else if (event === 'dropped') this.add(`${room}: the forwarder's queue was full while the dashboard was away or slow`, count, at);
	}

	add(place, count, at) {
		this.total += count;
		const entry = this.#places.get(place);
		if (entry) {
			entry.count += count;
			entry.at = at;
		} else if (this.#places.size < PLACES) this.#places.set(place, { count, at });
	}

	list() {
		return [...this.#places].map(([place, { count, at }]) => ({ place, count, at }));
	}

	clear() {
		this.#places.clear();
		this.total = 0;
	}
}
