// A browser and where it is in each room it watches. A slow one gets less, and nobody waits for it.
export const WINDOW = 2 << 20; // bytes sent that it has not confirmed

export class Watcher {
	#send;
	#rooms;
	#positions = new Map(); // room → number of the next record
	#underWay = 0;

	// send(about, bytes, confirmed)
	constructor(rooms, send) {
		this.#rooms = rooms;
		this.#send = send;
	}

	// From where it was (epoch, next), else from the oldest record that is kept.
	join(name, { epoch, next } = {}) {
		const room = this.#rooms.get(name);
		if (!room || this.#positions.has(room)) return;
		const known = epoch === room.epoch && Number.isSafeInteger(next) && next >= 0 && next <= room.end;
		this.#positions.set(room, known ? next : room.first);
		room.watchers.add(this);
		this.pump(room);
	}

	leave(name) {
		const room = this.#rooms.get(name);
		if (!room) return;
		this.#positions.delete(room);
		room.watchers.delete(this);
	}

	leaveAll() {
		for (const room of this.#positions.keys()) room.watchers.delete(this);
		this.#positions.clear();
	}

	pump(room) {
		while (this.#underWay < WINDOW && this.#positions.has(room)) {
			const block = room.since(this.#positions.get(room));
			if (!block) return;
			this.#positions.set(room, block.from + block.count);
			this.#underWay += block.bytes.length;
			let confirmed = false;
			this.#send({ room: room.name, epoch: room.epoch, from: block.from, count: block.count }, block.bytes, () => {
				if (confirmed) return;
				confirmed = true;
				this.#underWay -= block.bytes.length;
				for (const other of this.#positions.keys()) this.pump(other);
			});
		}
	}
}
