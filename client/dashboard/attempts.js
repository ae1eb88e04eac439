// Wrong passwords are counted by address: after a few, each further one makes its address wait longer.
import { isIPv6 } from 'node:net';

const FREE = 5;
const LONGEST_WAIT_MS = 300000;
const FORGET_MS = 900000;
const ADDRESSES = 10000;

// Whoever has an IPv6 address has its whole /64.
function key(address) {
	if (!isIPv6(address)) return address;
	if (address.startsWith('::ffff:') && address.includes('.')) return address.slice(7);
	const [left, right = ''] = address.split('%')[0].split('::');
	const head = left ? left.split(':') : [];
	const tail = right ? right.split(':') : [];
	const groups = address.includes('::') ? [...head, ...Array(Math.max(0, 8 - head.length - tail.length)).fill('0'), ...tail] : head;
	return groups.slice(0, 4).map((group) => parseInt(group, 16).toString(16)).join(':');
}

export class Attempts {
	#failed = new Map(); // the one that failed longest ago first
	#now;

	constructor(now = Date.now) {
		this.#now = now;
	}

	// Seconds until this address may try again.
	wait(address) {
		const entry = this.#failed.get(key(address));
		return entry ? Math.max(0, Math.ceil((entry.until - this.#now()) / 1000)) : 0;
	}

	failed(address) {
		const name = key(address);
		const now = this.#now();
		const before = this.#failed.get(name);
		const count = before && now - before.last < FORGET_MS ? before.count + 1 : 1;
		const pause = count < FREE ? 0 : Math.min(1000 * 2 ** (count - FREE), LONGEST_WAIT_MS);
		this.#failed.delete(name);
		this.#failed.set(name, { count, last: now, until: now + pause });
		if (this.#failed.size > ADDRESSES) this.#failed.delete(this.#failed.keys().next().value);
	}

	succeeded(address) {
		this.#failed.delete(key(address));
	}
}
