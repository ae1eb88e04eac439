// Sends what is in the queue in numbered batches, a few at a time, and again those that were not acknowledged.
const BATCH_RECORDS = 500;
const BATCH_BYTES = 512 * 1024;
const BATCH_DELAY_MS = 50;
const WINDOW = 8; // batches under way

export class Sender {
	#queue;
	#transmit;
	#connected = false;
	#underWay = []; // { number, bytes, count }, the oldest first
	#number = 0;
	#timer;
	#due = false; // what waits has waited long enough
	#whenDone = [];

	// transmit(number, bytes, acknowledged): nothing needs to come of it
	constructor(queue, transmit) {
		this.#queue = queue;
		this.#transmit = transmit;
	}

	get waiting() {
		return this.#queue.length + this.#underWay.reduce((sum, batch) => sum + batch.count, 0);
	}

	// The queue has got a record.
	wake() {
		if (this.#queue.length >= BATCH_RECORDS) this.#flush(BATCH_RECORDS);
		else this.#timer ??= setTimeout(() => this.#timeout(), BATCH_DELAY_MS);
	}

	connected() {
		this.#connected = true;
		for (const batch of this.#underWay) this.#send(batch);
		this.#flush(1);
	}

	disconnected() {
		this.#connected = false;
	}

	// Resolves when all that the queue holds has been acknowledged.
	done() {
		return new Promise((resolve) => {
			this.#whenDone.push(resolve);
			this.#flush(1);
			this.#tellDone();
		});
	}

	#timeout() {
		this.#timer = undefined;
		this.#due = true;
		this.#flush(1);
	}

	#flush(atLeast) {
		while (this.#connected && this.#underWay.length < WINDOW && !this.#queue.empty && this.#queue.length >= (this.#due ? 0 : atLeast)) {
			const batch = { number: ++this.#number, ...this.#queue.take(BATCH_RECORDS, BATCH_BYTES) };
			this.#underWay.push(batch);
			this.#send(batch);
		}
		if (this.#queue.empty) this.#due = false;
	}

	#send(batch) {
		this.#transmit(batch.number, batch.bytes, () => {
			const at = this.#underWay.indexOf(batch);
			if (at === -1) return; // acknowledged twice, as it was sent twice
			this.#underWay.splice(at, 1);
			this.#flush(this.#whenDone.length > 0 ? 1 : BATCH_RECORDS);
			this.#tellDone();
		});
	}

	#tellDone() {
		if (this.#underWay.length > 0 || !this.#queue.empty) return;
		for (const resolve of this.#whenDone.splice(0)) resolve();
	}
}
