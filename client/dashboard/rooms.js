// All rooms. There is a largest number of them: those that nobody forwards to go first.
import { Room } from './room.js';

const ROOMS = 64;

export function isRoomName(name) {
	return typeof name === 'string' && /^[^\p{C}]{1,64}$/u.test(name);
}

export class Rooms {
	#rooms = new Map();
	#recent;

	constructor(recent) {
		this.#recent = recent;
	}

	get(name) {
		return this.#rooms.get(name);
	}

	// The room of this name, made when there is none; undefined when there are too many.
	open(name) {
		const known = this.#rooms.get(name);
		if (known) return known;
		if (this.#rooms.size >= ROOMS && !this.#removeIdle()) return undefined;
		const room = new Room(name, this.#recent);
		this.#rooms.set(name, room);
		return room;
	}

	#removeIdle() {
		const idle = [...this.#rooms.values()].filter((room) => room.forwarders.size === 0).sort((a, b) => a.lastAt - b.lastAt)[0];
		if (!idle) return false;
		for (const watcher of [...idle.watchers]) watcher.leave(idle.name);
		return this.#rooms.delete(idle.name);
	}

	// What watchers are told.
	list() {
		return [...this.#rooms.values()].map((room) => ({
			name: room.name,
			forwarders: [...room.forwarders.values()],
			watchers: room.watchers.size,
			records: room.end,
			last: room.end > 0 ? room.lastAt : null,
		}));
	}
}
