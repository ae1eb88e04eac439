// Turns chunks of bytes into lines, without their ends; none is longer than the limit.
const NEWLINE = 10;
const RETURN = 13;

export class Lines {
	#take;
	#limit;
	#parts = []; // the beginning of a line whose end has not come
	#length = 0;
	#cut = 0; // bytes of it that are beyond the limit

	// take(line, cut): a Buffer, and how many bytes were cut from its end
	constructor(take, limit = 1 << 20) {
		this.#take = take;
		this.#limit = limit;
	}

	push(chunk) {
		let start = 0;
		for (;;) {
			const end = chunk.indexOf(NEWLINE, start);
			if (end === -1) break;
			this.#add(chunk.subarray(start, end));
			this.#finish();
			start = end + 1;
		}
		if (start < chunk.length) this.#add(chunk.subarray(start));
	}

	// The end of input ends a line too.
	end() {
		this.#finish();
	}

	#add(part) {
		const room = this.#limit - this.#length;
		if (part.length > room) {
			this.#cut += part.length - room;
			part = part.subarray(0, room);
		}
		if (part.length === 0) return;
		this.#parts.push(part);
		this.#length += part.length;
	}

	#finish() {
		if (this.#length === 0) return; // an empty line is no record
		let line = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts, this.#length);
		const cut = this.#cut;
		this.#parts = [];
		this.#length = 0;
		this.#cut = 0;
		if (cut === 0 && line[line.length - 1] === RETURN) line = line.subarray(0, -1);
		if (line.length > 0) this.#take(line, cut);
	}
}
