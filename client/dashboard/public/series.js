// Values by the second over the last minutes, for a chart: columns of numbers that are reused.
export class Series {
	#columns;
	#times; // which second a place is of
	#combine;
	seconds;

	// combine(old, value): what two values of one second become
	constructor(columns, seconds = 300, combine = (old, value) => old + value) {
		this.seconds = seconds;
		this.#combine = combine;
		this.#columns = Array.from({ length: columns }, () => new Float64Array(seconds));
		this.#times = new Float64Array(seconds);
	}

	add(column, ms, value, now = Date.now()) {
		let second = Math.floor(ms / 1000);
		const last = Math.floor(now / 1000);
		// another machine's clock may be wrong: then it is when it came
		if (second > last + 5 || second <= last - this.seconds) second = last;
		const at = second % this.seconds;
		if (this.#times[at] !== second) {
			if (this.#times[at] > second) return;
			this.#times[at] = second;
			for (const values of this.#columns) values[at] = 0;
		}
		this.#columns[column][at] = this.#combine(this.#columns[column][at], value);
	}

	#value(column, second) {
		const at = second % this.seconds;
		return this.#times[at] === second ? this.#columns[column][at] : 0;
	}

	// [times in seconds, values of each column ...] up to the last whole second
	data(columns, now = Date.now()) {
		const end = Math.floor(now / 1000);
		const times = Array.from({ length: this.seconds - 1 }, (_, i) => end - this.seconds + 1 + i);
		return [times, ...columns.map((column) => times.map((second) => this.#value(column, second)))];
	}

	last(column, now = Date.now()) {
		return this.#value(column, Math.floor(now / 1000) - 1);
	}

	isEmpty(column) {
		return this.#columns[column].every((value) => value === 0);
	}
}
