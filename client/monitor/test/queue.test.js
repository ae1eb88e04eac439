// The queue is bounded, and says what it dropped where it is missing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Queue } from '../queue.js';

const lines = ({ bytes }) => (bytes.length === 0 ? [] : bytes.toString().split('\n'));

test('records come out in the order in which they went in', () => {
	const queue = new Queue('a');
	for (let i = 0; i < 5000; i++) queue.push(Buffer.from(`${i}`));
	const out = [];
	while (!queue.empty) out.push(...lines(queue.take(700, 1e6)));
	assert.deepEqual(out, Array.from({ length: 5000 }, (_, i) => `${i}`));
});

test('the oldest are dropped, and a record says how many before those that are left', () => {
	const queue = new Queue('eth0', 10);
	for (let i = 0; i < 25; i++) queue.push(Buffer.from(`${i}`));
	assert.equal(queue.length, 10);
	const { bytes, count } = queue.take(100, 1e6);
	const [dropped, ...left] = lines({ bytes });
	assert.deepEqual(left, ['15', '16', '17', '18', '19', '20', '21', '22', '23', '24']);
	assert.equal(count, 10);
	const record = JSON.parse(dropped);
	assert.equal(record.event, 'dropped');
	assert.equal(record.count, 15);
	assert.equal(record.client, 'eth0');
	assert.ok(Math.abs(record.timestamp - Date.now()) < 60000);
	queue.push(Buffer.from('x'));
	assert.deepEqual(lines(queue.take(100, 1e6)), ['x'], 'it is told once');
});

test('it is bounded in bytes too, but one record always fits', () => {
	const queue = new Queue('a', 1000, 100);
	for (let i = 0; i < 10; i++) queue.push(Buffer.alloc(40, 'a'));
	assert.equal(queue.length, 2);
	queue.push(Buffer.alloc(500, 'b'));
	assert.equal(queue.length, 1);
	assert.equal(queue.totalDropped, 10);
});

test('a batch has no more records and bytes than asked for, but at least one', () => {
	const queue = new Queue('a');
	for (let i = 0; i < 10; i++) queue.push(Buffer.alloc(100, 'a'));
	assert.equal(queue.take(3, 1e6).count, 3);
	assert.equal(queue.take(100, 250).count, 2);
	assert.equal(queue.take(100, 1).count, 1);
});
