// Records that wait to be sent: the oldest go when there are too many, and are counted.
export class Queue {
	#records = [];
	#head = 0;
	#bytes = 0;
	#dropped = 0; // since the last record that said so
	#name;
	#maxRecords;
	#maxBytes;
	totalDropped = 0;

	constructor(name, maxRecords = 100000, maxBytes = 256 << 20) {
		this.#name = name;
		this.#maxRecords = maxRecords;
		this.#maxBytes = maxBytes;
	}

	get length() {
		return this.#records.length - this.#head;
	}

	get empty() {
		return this.length === 0 && this.#dropped === 0;
	}

	push(record) {
		this.#records.push(record);
		this.#bytes += record.length;
		while (this.length > this.#maxRecords || (this.#bytes > this.#maxBytes && this.length > 1)) {
			this.#shift();
			this.#dropped++;
			this.totalDropped++;
		}
	}

	// The next records as { bytes, count }, a line each; what was dropped is told where it is missing.
	take(maxRecords, maxBytes) {
		const taken = [];
		let size = 0;
		if (this.#dropped > 0) {
			const now = Date.now();
			const record = { event: 'dropped', client: this.#name, timestamp: now, ts_us: now * 1000, count: this.#dropped };
			taken.push(Buffer.from(JSON.stringify(record)));
			size = taken[0].length;
			this.#dropped = 0;
		}
		let count = 0;
		while (this.length > 0 && taken.length < maxRecords) {
			const next = this.#records[this.#head].length + 1;
			if (taken.length > 0 && size + next > maxBytes) break;
			taken.push(this.#shift());
			size += next;
			count++;
		}
		return { bytes: join(taken), count };
	}

	#shift() {
		const record = this.#records[this.#head];
		this.#records[this.#head++] = undefined;
		this.#bytes -= record.length;
		if (this.#head > 1024 && this.#head * 2 > this.#records.length) {
			this.#records = this.#records.slice(this.#head);
			this.#head = 0;
		}
		return record;
	}
}

function join(records) {
	const bytes = Buffer.allocUnsafe(records.reduce((sum, record) => sum + record.length + 1, -1));
	let at = 0;
	for (const record of records) {
		if (at > 0) bytes[at++] = 10;
		at += record.copy(bytes, at);
	}
	return bytes;
}
