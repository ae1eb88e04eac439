// Batches: few while little comes, none lost over a reconnection, never more than a window under way.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Queue } from '../queue.js';
import { Sender } from '../sender.js';

function setUp() {
	const sent = [];
	const queue = new Queue('a', 100000);
	const sender = new Sender(queue, (number, bytes, acknowledged) => sent.push({ number, count: bytes.toString().split('\n').length, acknowledged }));
	const push = (n) => {
		for (let i = 0; i < n; i++) {
			queue.push(Buffer.from(`${i}`));
			sender.wake();
		}
	};
	return { sent, sender, push };
}

test('little is sent after a moment, much at once', () => {
	mock.timers.enable({ apis: ['setTimeout'] });
	const { sent, sender, push } = setUp();
	sender.connected();
	push(3);
	assert.equal(sent.length, 0);
	mock.timers.tick(50);
	assert.deepEqual(sent.map(({ count }) => count), [3]);
	push(500);
	assert.deepEqual(sent.map(({ count }) => count), [3, 500]);
	mock.timers.reset();
});

test('what was sent before its moment came does not keep from sending what comes later', () => {
	mock.timers.enable({ apis: ['setTimeout'] });
	const { sent, sender, push } = setUp();
	push(3);
	sender.connected();
	assert.deepEqual(sent.map(({ count }) => count), [3]);
	sent[0].acknowledged();
	push(2);
	mock.timers.tick(50);
	assert.deepEqual(sent.map(({ count }) => count), [3, 2]);
	mock.timers.reset();
});

test('nothing is sent while away; what was not acknowledged is sent again, under its number', () => {
	mock.timers.enable({ apis: ['setTimeout'] });
	const { sent, sender, push } = setUp();
	push(10);
	mock.timers.tick(1000);
	assert.equal(sent.length, 0);
	sender.connected();
	assert.deepEqual(sent.map(({ number, count }) => [number, count]), [[1, 10]]);
	sender.disconnected();
	push(5);
	mock.timers.tick(1000);
	assert.equal(sender.waiting, 15);
	sender.connected();
	assert.deepEqual(sent.map(({ number, count }) => [number, count]), [[1, 10], [1, 10], [2, 5]]);
	mock.timers.reset();
});

test('no more than a window is under way', () => {
	const { sent, sender, push } = setUp();
	sender.connected();
	push(20000);
	assert.equal(sent.length, 8);
	sent[0].acknowledged();
	assert.equal(sent.length, 9);
});

test('done resolves when all is acknowledged, and not before', async () => {
	const { sent, sender, push } = setUp();
	push(1200);
	let done = false;
	const promise = sender.done().then(() => (done = true));
	sender.connected();
	assert.equal(sent.reduce((sum, { count }) => sum + count, 0), 1200);
	sent.slice(0, -1).forEach(({ acknowledged }) => acknowledged());
	await new Promise(setImmediate);
	assert.equal(done, false);
	sent.at(-1).acknowledged();
	await promise;
});
