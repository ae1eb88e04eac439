// One record, whole.
import { parse, showable } from './record.js';
import { sentence } from './sentence.js';
import { fill } from './panels.js';
import { day } from './units.js';

const KEYS = 100;
const LONGEST_LINE = 64 * 1024;

function words(value) {
	if (typeof value === 'string') return showable(value, 4096);
	try {
		return showable(JSON.stringify(value), 4096);
	} catch {
		return '(nested too deeply to be shown)';
	}
}

export function showDetails(dialog, row) {
	const part = (name) => dialog.querySelector(`#record-${name}`);
	const record = parse(row.line);
	const keys = Object.keys(record);
	part('title').textContent = `${showable(row.event, 64)} · ${row.room} · ${day(row.time)}`;
	part('sentence').textContent = [row.from && row.to ? `${row.from} → ${row.to}` : row.from, row.process, sentence(record, row.line)].filter(Boolean).join(' · ');
	const rows = keys.slice(0, KEYS).map((key) => [showable(key, 100), words(record[key])]);
	if (keys.length > KEYS) rows.push(['…', `and ${keys.length - KEYS} more keys`]);
	fill(part('fields'), rows);
	part('line').textContent = showable(row.line, LONGEST_LINE);
	if (!dialog.open) dialog.showModal();
}
