// JSON objects go as they are, everything else as text; no record is longer than the limit.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toRecord } from '../record.js';

const record = (line, ...more) => JSON.parse(toRecord(Buffer.from(line), ...more));

test('a JSON object is forwarded byte for byte', () => {
	const line = Buffer.from('{"event":"icmp",  "__proto__":{"a":1}, "n":12345678901234567890}');
	assert.equal(toRecord(line), line);
});

test('what is not a JSON object is text', () => {
	for (const line of ['hello', '{broken}', '{"a":1}}', '[1]', '42', 'null', '"x"', '{', '<b>"\\\u0001']) {
		const { event, line: text, timestamp } = record(line);
		assert.deepEqual([event, text], ['text', line]);
		assert.equal(typeof timestamp, 'number');
	}
});

test('a cut line is text and says how much is missing', () => {
	assert.deepEqual(Object.keys(record('{"a":1}', 5)), ['event', 'timestamp', 'line', 'cut']);
	assert.equal(record('{"a":1}', 5).cut, 5);
});

test('text that grows as JSON still fits the limit, and what is left out is counted', () => {
	const bytes = toRecord(Buffer.alloc(9000, 1), 7, 10000);
	assert.ok(bytes.length <= 10000 && bytes.length > 8000);
	const { line, cut } = JSON.parse(bytes);
	assert.equal(line.length + cut, 9007);
});

test('bytes that are no UTF-8 become valid UTF-8', () => {
	const bytes = toRecord(Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]));
	assert.equal(bytes.toString(), '{"a":"\ufffd"}');
});

test('a record that grows as its bytes become UTF-8 still fits the limit', () => {
	const bytes = toRecord(Buffer.concat([Buffer.from('{"a":"'), Buffer.alloc(9000, 0xff), Buffer.from('"}')]), 0, 10000);
	assert.ok(bytes.length <= 10000, `${bytes.length} bytes`);
	const { event, cut } = JSON.parse(bytes);
	assert.deepEqual([event, cut > 0], ['text', true]);
});
