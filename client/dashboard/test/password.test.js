// Passwords, attempts, addresses to listen on, and who may ask.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Attempts } from '../attempts.js';
import { readOptions } from '../options.js';
import { isAllowed } from '../origin.js';
import { Password } from '../password.js';

test('only the password fits, whatever else comes', () => {
	const password = new Password('secret123');
	assert.ok(password.fits('secret123'));
	for (const other of ['', 'secret12', 'secret1234', 'Secret123', undefined, null, 1, ['secret123'], { toString: () => 'secret123' }, 'x'.repeat(1e6)]) {
		assert.equal(password.fits(other), false);
	}
	assert.ok(new Password('').fits(undefined));
});

test('attempts are limited by address, and others are not', () => {
	let now = 0;
	const attempts = new Attempts(() => now);
	for (let i = 0; i < 4; i++) attempts.failed('10.0.0.1');
	assert.equal(attempts.wait('10.0.0.1'), 0);
	attempts.failed('10.0.0.1');
	assert.equal(attempts.wait('10.0.0.1'), 1);
	attempts.failed('10.0.0.1');
	assert.equal(attempts.wait('10.0.0.1'), 2);
	assert.equal(attempts.wait('::ffff:10.0.0.1'), 2, 'the same address, written as IPv6');
	assert.equal(attempts.wait('10.0.0.2'), 0);
	for (let i = 0; i < 50; i++) attempts.failed('10.0.0.1');
	assert.equal(attempts.wait('10.0.0.1'), 300, 'there is a longest wait');
	now += 300000;
	assert.equal(attempts.wait('10.0.0.1'), 0);
	attempts.succeeded('10.0.0.1');
	attempts.failed('10.0.0.1');
	assert.equal(attempts.wait('10.0.0.1'), 0, 'a right one begins anew');
});

test('a /64 of IPv6 is one address', () => {
	const attempts = new Attempts(() => 0);
	for (let i = 0; i < 6; i++) attempts.failed(`2001:db8::${i}`);
	assert.equal(attempts.wait('2001:db8:0:0:1:2:3:4'), 2);
	assert.equal(attempts.wait('2001:db8:0:1::1'), 0);
});

test('a million addresses cost no more than ten thousand', () => {
	const attempts = new Attempts(() => 0);
	for (let j = 0; j < 9; j++) attempts.failed('1.2.3.4');
	for (let i = 0; i < 20000; i++) attempts.failed(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
	assert.equal(attempts.wait('1.2.3.4'), 0);
});

test('without a password it listens on this machine only', () => {
	assert.equal(readOptions([], {}).host, '127.0.0.1');
	for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost']) assert.equal(readOptions([], { HOST: host }).host, host);
	for (const host of ['0.0.0.0', '::', '10.0.0.1', 'example.org', '127.evil.example', '::ffff:10.0.0.1']) {
		assert.throws(() => readOptions([], { HOST: host }), /PASSWORD/, host);
		assert.equal(readOptions([], { HOST: host, PASSWORD: 'x' }).host, host);
	}
	assert.throws(() => readOptions(['--port', 'x'], {}), /PORT/);
	assert.throws(() => readOptions(['--history', ''], {}), /--history/);
});

test('pages of other sites may not ask, and names that point here may not without a password', () => {
	assert.ok(isAllowed({ host: 'localhost:5000', origin: 'http://localhost:5000' }, false));
	assert.ok(isAllowed({ host: '127.0.0.1:5000' }, false));
	assert.ok(isAllowed({ host: '[::1]:5000' }, false));
	assert.ok(isAllowed({ host: 'dash.example', origin: 'https://dash.example' }, true));
	assert.ok(!isAllowed({ host: 'localhost:5000', origin: 'http://evil.example' }, false));
	assert.ok(!isAllowed({ host: 'dash.example', origin: 'https://evil.example' }, true));
	assert.ok(!isAllowed({ host: 'dash.example', origin: 'null' }, true));
	assert.ok(!isAllowed({ host: 'evil.example:5000', origin: 'http://evil.example:5000' }, false));
	assert.ok(!isAllowed({ host: '' }, false));
});
