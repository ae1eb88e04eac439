// Sums by key over the last minute, in slices: bounded however many keys come.
const SLICES = 12;
const SLICE_MS = 5000;
const KEYS = 2000; // in a slice

export class Window {
	#slices = []; // { at, sums: Map(key → { records, bytes }) }, the oldest first
	#totals = new Map();
	left = 0; // records whose key had no room

	add(key, bytes, now = Date.now()) {
		const at = Math.floor(now / SLICE_MS);
		let slice = this.#slices.at(-1);
		if (!slice || slice.at !== at) {
			this.expire(now);
			slice = { at, sums: new Map() };
			this.#slices.push(slice);
		}
		let sum = slice.sums.get(key);
		if (!sum) {
			if (slice.sums.size >= KEYS) {
				this.left++;
				return;
			}
			sum = { records: 0, bytes: 0 };
			slice.sums.set(key, sum);
		}
		let total = this.#totals.get(key);
		if (!total) this.#totals.set(key, (total = { records: 0, bytes: 0 }));
		sum.records++;
		sum.bytes += bytes;
		total.records++;
		total.bytes += bytes;
	}

	expire(now = Date.now()) {
		const first = Math.floor(now / SLICE_MS) - SLICES;
		while (this.#slices.length > 0 && (this.#slices[0].at <= first || this.#slices.length > SLICES)) {
			for (const [key, sum] of this.#slices.shift().sums) {
				const total = this.#totals.get(key);
				total.records -= sum.records;
				total.bytes -= sum.bytes;
				if (total.records === 0) this.#totals.delete(key);
			}
		}
	}

	get keys() {
		return this.#totals.size;
	}

	// [[key, { records, bytes }]], the most bytes or records first
	top(n) {
		const best = [];
		const more = (a, b) => b[1].bytes - a[1].bytes || b[1].records - a[1].records;
		for (const entry of this.#totals) {
			if (best.length === n && more(entry, best[n - 1]) >= 0) continue;
			best.push(entry);
			best.sort(more);
			if (best.length > n) best.pop();
		}
		return best;
	}
}
