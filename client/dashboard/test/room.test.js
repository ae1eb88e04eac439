// A room numbers its records, keeps the recent past and no more, and takes a batch once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LONGEST_RECORD, Room } from '../room.js';
import { Rooms } from '../rooms.js';

const batch = (...lines) => Buffer.from(lines.join('\n'));
const text = (block) => block && [block.from, block.count, block.bytes.toString()];

test('records are numbered, and given from any number on', () => {
	const room = new Room('a');
	room.take('s', 1, batch('0', '1', '2'));
	room.take('s', 2, batch('3'));
	room.take('s', 3, batch('4', '5'));
	assert.deepEqual(text(room.since(0)), [0, 6, '0\n1\n2\n3\n4\n5']);
	assert.deepEqual(text(room.since(3)), [3, 3, '3\n4\n5']);
	assert.deepEqual(text(room.since(4)), [4, 2, '4\n5']);
	assert.deepEqual(text(room.since(5)), [5, 1, '5']);
	assert.deepEqual(text(room.since(1)), [1, 2, '1\n2'], 'the rest of a batch, then what follows');
	assert.equal(room.since(6), undefined);
});

test('the past is bounded by number', () => {
	const room = new Room('a', 10);
	for (let i = 0; i < 100; i++) room.take('s', i + 1, batch(`${i}`, `${i}b`));
	assert.equal(room.end, 200);
	assert.equal(room.first, 190);
	assert.equal(room.since(0).from, 190, 'what is gone is left out');
});

test('the past is bounded by size', () => {
	const room = new Room('a', 1e6);
	for (let i = 0; i < 100; i++) room.take('s', i + 1, Buffer.alloc(500000, 'x'));
	assert.ok(room.end - room.first <= 8 && room.end - room.first >= 7, `${room.end - room.first} batches are kept`);
});

test('a batch that comes again is known, and one that is none is refused', () => {
	const room = new Room('a');
	assert.equal(room.take('s', 1, batch('x')), 'taken');
	assert.equal(room.take('s', 1, batch('x')), 'known');
	assert.equal(room.take('t', 1, batch('x')), 'taken', 'another forwarder has its own numbers');
	assert.equal(room.end, 2);
	for (const [number, bytes] of [[2, 'text'], [2, Buffer.alloc(0)], [2, batch('a', '', 'b')], [2, batch('a', '')], [NaN, batch('x')], ['2', batch('x')],
		[2, undefined], [2, { length: 5 }], [2, Buffer.alloc(LONGEST_RECORD + 1, 'x')], [2, Buffer.alloc(3 << 20, 'x\n')]]) {
		assert.equal(room.take('s', number, bytes), 'refused');
	}
	assert.equal(room.end, 2);
});

test('there is a largest number of rooms; those that nobody forwards to go first', () => {
	const rooms = new Rooms(10);
	for (let i = 0; i < 64; i++) rooms.open(`${i}`).forwarders.set('x', {});
	assert.equal(rooms.open('more'), undefined);
	assert.ok(rooms.open('5'), 'a known one is open');
	rooms.get('5').forwarders.clear();
	assert.ok(rooms.open('__proto__'));
	assert.equal(rooms.get('5'), undefined);
	assert.equal(rooms.list().length, 64);
});
