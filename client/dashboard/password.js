// Compares passwords in a time that tells nothing of them.
import { createHash, timingSafeEqual } from 'node:crypto';

const LONGEST = 1024;

function hash(text) {
	return createHash('sha256').update(text).digest();
}

export class Password {
	#expected;

	// '' lets everybody in
	constructor(password) {
		this.#expected = password === '' ? undefined : hash(password);
	}

	get isSet() {
		return this.#expected !== undefined;
	}

	fits(given) {
		if (!this.isSet) return true;
		if (typeof given !== 'string' || given.length > LONGEST) return false;
		return timingSafeEqual(hash(given), this.#expected);
	}
}
