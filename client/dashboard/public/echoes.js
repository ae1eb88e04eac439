// Round-trip times: requests and replies belong together by addresses, id and sequence.
import { number, string } from './record.js';

const UNDER_WAY = 10000;
const TARGETS = 200;
const LAST = 64; // times of a target that the median is of
const GONE_US = 10e6; // a reply does not come after this

export class Echoes {
	#underWay = new Map(); // key → { us, target }
	#targets = new Map(); // the one heard of last is the last
	points = []; // { time in ms, us }: taken away by the chart

	add(record, room) {
		const type = number(record, 'icmp_type');
		const six = number(record, 'ip_version') === 6;
		const request = type === (six ? 128 : 8);
		if (string(record, 'event') !== 'icmp' || (!request && type !== (six ? 129 : 0))) return;
		const us = number(record, 'ts_us');
		const src = string(record, 'src_ip');
		const dst = string(record, 'dst_ip');
		const echo = `${number(record, 'icmp_id')} ${number(record, 'icmp_seq')}`;
		if (us === undefined || !src || !dst) return;
		if (request) this.#asked(`${room} ${src} ${dst} ${echo}`, us, this.#target(`${src} → ${dst}`));
		else this.#answered(`${room} ${dst} ${src} ${echo}`, us);
	}

	#asked(key, us, target) {
		if (this.#underWay.has(key)) return; // seen on another interface of the room
		target.asked++;
		this.#underWay.set(key, { us, target });
		// those that nobody answers
		for (const [old, { us: then }] of this.#underWay) {
			if (this.#underWay.size <= UNDER_WAY && us - then < GONE_US) break;
			this.#underWay.delete(old);
		}
	}

	#answered(key, us) {
		const request = this.#underWay.get(key);
		if (!request) return;
		this.#underWay.delete(key);
		const took = us - request.us;
		if (took < 0 || took > GONE_US) return;
		const { target } = request;
		target.answered++;
		target.last = took;
		target.most = Math.max(target.most, took);
		target.times.push(took);
		if (target.times.length > LAST) target.times.shift();
		this.points.push({ time: us / 1000, us: took });
		if (this.points.length > UNDER_WAY) this.points.shift();
	}

	#target(name) {
		const target = this.#targets.get(name) ?? { name, asked: 0, answered: 0, last: undefined, most: 0, times: [] };
		this.#targets.delete(name);
		this.#targets.set(name, target);
		if (this.#targets.size > TARGETS) this.#targets.delete(this.#targets.keys().next().value);
		return target;
	}

	// those heard of last, with their median
	latest(n) {
		return [...this.#targets.values()].slice(-n).reverse().map((target) => {
			const sorted = [...target.times].sort((a, b) => a - b);
			return { ...target, median: sorted[sorted.length >> 1] };
		});
	}
}
