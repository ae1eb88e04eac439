// A watcher gets all that is kept from where it was; a slow one gets less, and nobody waits for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rooms } from '../rooms.js';
import { Watcher } from '../watcher.js';

function setUp(recent = 1000) {
	const rooms = new Rooms(recent);
	const sent = [];
	const watcher = new Watcher(rooms, (about, bytes, confirm) => sent.push({ ...about, text: bytes.toString(), confirm }));
	return { rooms, room: rooms.open('a'), sent, watcher };
}
const numbers = (sent) => sent.flatMap(({ from, count }) => Array.from({ length: count }, (_, i) => from + i));

test('the past comes first, then what is new, each once', () => {
	const { room, sent, watcher } = setUp();
	room.add(Buffer.from('0\n1'), 2);
	watcher.join('a');
	room.add(Buffer.from('2'), 1);
	assert.deepEqual(numbers(sent), [0, 1, 2]);
	watcher.join('a');
	assert.deepEqual(numbers(sent), [0, 1, 2], 'joining again changes nothing');
	watcher.leave('a');
	room.add(Buffer.from('3'), 1);
	assert.deepEqual(numbers(sent), [0, 1, 2]);
});

test('who was away goes on where it was; in another epoch it begins anew', () => {
	const { room, sent, watcher } = setUp();
	room.add(Buffer.from('0\n1\n2'), 3);
	watcher.join('a', { epoch: room.epoch, next: 2 });
	assert.deepEqual(numbers(sent), [2]);
	watcher.leaveAll();
	watcher.join('a', { epoch: 'another', next: 2 });
	assert.deepEqual(numbers(sent), [2, 0, 1, 2]);
	watcher.leaveAll();
	for (const next of [-1, 99, NaN, '1', {}]) {
		sent.length = 0;
		watcher.join('a', { epoch: room.epoch, next });
		assert.deepEqual(numbers(sent), [0, 1, 2], `position ${next}`);
		watcher.leaveAll();
	}
});

test('who confirms nothing is sent a window and no more, and learns of the gap', () => {
	const { room, sent, watcher } = setUp(1e6);
	watcher.join('a');
	for (let i = 0; i < 200; i++) room.add(Buffer.alloc(100000, 'x'), 1);
	assert.ok(sent.length >= 20 && sent.length <= 22, `${sent.length} were sent`);
	const before = sent.length;
	for (const { confirm } of sent.slice()) {
		confirm();
		confirm(); // twice counts once
	}
	assert.ok(sent.length > before);
	assert.equal(sent[before].from, room.first, 'the past that is gone is a gap');
	assert.ok(sent[before].from > before);
});
