// A line becomes a record: one JSON object, as bytes, on one line.
import { isUtf8 } from 'node:buffer';

const BRACE = 0x7b;

function isObject(text) {
	try {
		return JSON.parse(text) !== null; // it begins with a brace
	} catch {
		return false;
	}
}

// Text may grow when it is written as JSON, so what is kept of it shrinks until it fits.
function textRecord(line, cut, limit) {
	let keep = line.length;
	for (;;) {
		const record = { event: 'text', timestamp: Date.now(), line: line.toString('utf8', 0, keep) };
		if (cut + line.length - keep > 0) record.cut = cut + line.length - keep;
		const bytes = Buffer.from(JSON.stringify(record));
		if (bytes.length <= limit) return bytes;
		keep = Math.floor((keep * (limit - 200)) / bytes.length);
	}
}

// line: a Buffer; cut: how many bytes it lacks. Text gets {"event":"text"}.
export function toRecord(line, cut = 0, limit = 1 << 20) {
	if (cut === 0 && line[0] === BRACE) {
		const text = line.toString();
		if (isObject(text)) {
			const bytes = isUtf8(line) ? line : Buffer.from(text); // which may be longer
			if (bytes.length <= limit) return bytes;
		}
	}
	return textRecord(line, cut, limit);
}
