// Bytes become lines, wherever the chunks are cut; long ones are cut and say so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lines } from '../lines.js';

function linesOf(chunks, limit) {
	const found = [];
	const lines = new Lines((line, cut) => found.push([line.toString(), cut]), limit);
	for (const chunk of chunks) lines.push(Buffer.from(chunk));
	lines.end();
	return found;
}

test('every way to cut the input gives the same lines', () => {
	const input = Buffer.from('{"a":1}\n\nαβγ\r\nlast');
	const whole = [['{"a":1}', 0], ['αβγ', 0], ['last', 0]];
	for (let i = 0; i <= input.length; i++) {
		for (let j = i; j <= input.length; j++) {
			assert.deepEqual(linesOf([input.subarray(0, i), input.subarray(i, j), input.subarray(j)]), whole);
		}
	}
});

test('a line as long as the limit is whole, a longer one is cut and counted', () => {
	assert.deepEqual(linesOf(['12345678\n123456789\n1\n'], 8), [['12345678', 0], ['12345678', 1], ['1', 0]]);
	assert.deepEqual(linesOf(['1234', '5678', '90', 'ab\nx'], 8), [['12345678', 4], ['x', 0]]);
});

