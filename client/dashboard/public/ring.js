// Keeps the newest things, up to a number of them and to a weight.
export class Ring {
	#items;
	#weights;
	#most;
	#weight = 0;
	#next = 0;
	length = 0;

	constructor(size, most = Infinity) {
		this.#items = new Array(size).fill(undefined);
		this.#weights = new Float64Array(size);
		this.#most = most;
	}

	push(item, weight = 0) {
		if (this.length === this.#items.length) this.#dropOldest();
		this.#items[this.#next] = item;
		this.#weights[this.#next] = weight;
		this.#weight += weight;
		this.#next = (this.#next + 1) % this.#items.length;
		this.length++;
		while (this.#weight > this.#most && this.length > 1) this.#dropOldest();
	}

	// 0 is the newest
	newest(i) {
		return this.#items[this.#at(i)];
	}

	// the oldest first
	*[Symbol.iterator]() {
		for (let i = this.length - 1; i >= 0; i--) yield this.newest(i);
	}

	#at(i) {
		return (this.#next - 1 - i + 2 * this.#items.length) % this.#items.length;
	}

	#dropOldest() {
		const at = this.#at(this.length - 1);
		this.#items[at] = undefined;
		this.#weight -= this.#weights[at];
		this.length--;
	}
}
