// A room: the records of one client name. Each has a number; the recent past is kept in blocks of lines.
import { randomUUID } from 'node:crypto';

const NEWLINE = 10;
const BYTES = 4 << 20; // of the past
const STREAMS = 64; // forwarders whose last batch is remembered

export const LONGEST_RECORD = 1 << 20;
export const LONGEST_BATCH = 2 << 20;

// How many lines, or undefined when this is not a batch.
function countLines(bytes) {
	if (!Buffer.isBuffer(bytes) || bytes.length === 0 || bytes.length > LONGEST_BATCH) return undefined;
	let count = 0;
	let start = 0;
	while (start <= bytes.length) {
		let end = bytes.indexOf(NEWLINE, start);
		if (end === -1) end = bytes.length;
		if (end === start || end - start > LONGEST_RECORD) return undefined;
		count++;
		start = end + 1;
	}
	return count;
}

export class Room {
	name;
	epoch = randomUUID(); // numbers of another epoch mean nothing here
	forwarders = new Map(); // id → { address, since }
	watchers = new Set();
	lastAt = Date.now();
	end = 0; // the number the next record gets
	#blocks = []; // { from, count, bytes }
	#size = 0;
	#recent;
	#streams = new Map(); // stream → number of its last batch

	constructor(name, recent = 10000) {
		this.name = name;
		this.#recent = recent;
	}

	// The first number that is still here.
	get first() {
		return this.#blocks.length > 0 ? this.#blocks[0].from : this.end;
	}

	// 'taken', 'known' when it had come before, 'refused' when it is none
	take(stream, number, bytes) {
		if (!Number.isSafeInteger(number)) return 'refused';
		if (number <= (this.#streams.get(stream) ?? 0)) return 'known';
		const count = countLines(bytes);
		if (count === undefined) return 'refused';
		this.#streams.delete(stream);
		this.#streams.set(stream, number);
		if (this.#streams.size > STREAMS) this.#streams.delete(this.#streams.keys().next().value);
		this.add(bytes, count);
		return 'taken';
	}

	add(bytes, count) {
		this.#blocks.push({ from: this.end, count, bytes });
		this.end += count;
		this.#size += bytes.length;
		this.lastAt = Date.now();
		while (this.#blocks.length > 1 && (this.end - this.#blocks[1].from >= this.#recent || this.#size > BYTES)) {
			this.#size -= this.#blocks.shift().bytes.length;
		}
		for (const watcher of this.watchers) watcher.pump(this);
	}

	// The records from a number on, or from the oldest that is left: { from, count, bytes }, or undefined when there is none.
	since(number, most = 256 * 1024) {
		let at = this.#blocks.length;
		while (at > 0 && this.#blocks[at - 1].from >= number) at--;
		if (at > 0 && number < this.#blocks[at - 1].from + this.#blocks[at - 1].count) return this.#rest(this.#blocks[at - 1], number);
		const first = at;
		let size = 0;
		while (at < this.#blocks.length && (at === first || size + this.#blocks[at].bytes.length < most)) size += this.#blocks[at++].bytes.length + 1;
		const blocks = this.#blocks.slice(first, at);
		if (blocks.length < 2) return blocks[0];
		const parts = blocks.flatMap((block, i) => (i === 0 ? [block.bytes] : [Buffer.of(NEWLINE), block.bytes]));
		return { from: blocks[0].from, count: blocks.reduce((sum, block) => sum + block.count, 0), bytes: Buffer.concat(parts) };
	}

	#rest(block, number) {
		let start = 0;
		for (let i = block.from; i < number; i++) start = block.bytes.indexOf(NEWLINE, start) + 1;
		return { from: number, count: block.from + block.count - number, bytes: block.bytes.subarray(start) };
	}
}
