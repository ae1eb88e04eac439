// Environment and command line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOptions } from '../options.js';

test('the environment is read, and the command line counts more', () => {
	const env = { CLIENTNAME: 'eth0-ICMP', URL: 'http://localhost:5000/', PASSWORD: 'secret123' };
	assert.deepEqual(readOptions([], env), { name: 'eth0-ICMP', queue: 100000, url: 'http://localhost:5000', password: 'secret123' });
	const { name, url, password, queue } = readOptions(['--clientname', 'b', '--url', 'https://c', '--password', 'd', '--queue', '5'], env);
	assert.deepEqual([name, url, password, queue], ['b', 'https://c', 'd', 5]);
});

test('what cannot be is refused, with words', () => {
	const env = { CLIENTNAME: 'a' };
	for (const [args, words] of [[['--url', 'nonsense'], /URL/], [['--url', 'http://u:p@h'], /PASSWORD/], [['--url', 'ftp://h'], /URL/],
		[['--queue', '0'], /queue/], [['--queue', 'x'], /queue/], [['--clientname', ''], /CLIENTNAME/], [['--clientname', 'a\nb'], /CLIENTNAME/],
		[['--clientname', 'x'.repeat(65)], /CLIENTNAME/], [['--nonsense'], /nonsense/], [['file'], /file/]]) {
		assert.throws(() => readOptions(args, env), words, args.join(' '));
	}
});
