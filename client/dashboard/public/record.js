// A line becomes a record: an object of which nothing is believed. Only strings, numbers and booleans of it are used,
// one by one, by name.
const LONGEST_PARSED = 64 * 1024;
const LONGEST_TEXT = 300;

// What would move, hide or reverse the text around it is shown as what it is.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

export function showable(text, longest = LONGEST_TEXT) {
	const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
	return cut.replace(UNSEEN, '\ufffd');
}

export function parse(line) {
	if (line.length <= LONGEST_PARSED) {
		try {
			const value = JSON.parse(line);
			if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value;
		} catch {
			// then it is text
		}
		return { event: 'text', line };
	}
	return { event: 'text', line: `a record of ${line.length} bytes: ${line.slice(0, 200)}` };
}

// The value of a key when it is of this type: of hostile records nothing else comes out.
export function string(record, key) {
	const value = Object.hasOwn(record, key) ? record[key] : undefined;
	return typeof value === 'string' ? showable(value) : '';
}

export function number(record, key) {
	const value = Object.hasOwn(record, key) ? record[key] : undefined;
	return Number.isFinite(value) ? value : undefined;
}

// in ms; undefined when it does not say
export function timeOf(record) {
	const us = number(record, 'ts_us');
	const ms = us === undefined ? number(record, 'timestamp') : us / 1000;
	return ms !== undefined && ms > 0 && ms < 8.64e15 ? ms : undefined;
}
