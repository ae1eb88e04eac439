#!/usr/bin/env node
// Plays recorded records again and again, as if they happened now: the page without root, without Linux.
import { readFileSync } from 'node:fs';
import { startDashboard } from '../dashboard.js';

const TICK_MS = 50;
const PAUSE_MS = 1000; // between two plays

function read() {
	const text = readFileSync(new URL('records.jsonl', import.meta.url), 'utf8');
	return text.trim().split('\n').map((line) => JSON.parse(line)).sort((a, b) => a.timestamp - b.timestamp);
}

function roomOf(record) {
	return record.event === 'icmp' ? `${record.if_name}-ICMP` : 'flows';
}

function moved(record, ms) {
	const copy = { ...record, timestamp: record.timestamp + ms };
	if ('ts_us' in record) copy.ts_us = record.ts_us + ms * 1000;
	return JSON.stringify(copy);
}

const records = read().filter(({ event }) => event !== 'stats');
const first = records[0].timestamp;
const length = records.at(-1).timestamp - first + PAUSE_MS;
const dashboard = await startDashboard({
	host: '127.0.0.1', password: '', port: Number(process.env.PORT || 5000), recent: 10000, say: (text) => console.error(`dashboard: ${text}`),
}).catch((error) => {
	console.error(`demo: ${error.message}`);
	process.exit(1);
});
const rooms = new Map();
for (const name of new Set(records.map(roomOf))) {
	const room = dashboard.rooms.open(name);
	room.forwarders.set('demo', { address: 'the demo', since: Date.now() });
	rooms.set(name, room);
}

let start = Date.now() - length; // of this play: the first one is the recent past
let next = 0;
function play() {
	const lines = new Map();
	while (start + records[next].timestamp - first <= Date.now()) {
		const record = records[next++];
		const name = roomOf(record);
		if (!lines.has(name)) lines.set(name, []);
		lines.get(name).push(moved(record, start - first));
		if (next === records.length) {
			next = 0;
			start += length;
		}
	}
	for (const [name, some] of lines) rooms.get(name).add(Buffer.from(some.join('\n')), some.length);
}
setInterval(play, TICK_MS);
console.error(`demo: watch http://127.0.0.1:${dashboard.port}`);
