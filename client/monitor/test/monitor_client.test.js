import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

test('a directory is no input', () => {
	const folder = fileURLToPath(new URL('.', import.meta.url));
	const input = openSync(folder, 'r');
	const done = spawnSync(process.execPath, [`${folder}../monitor_client.js`, '--clientname', 'a'], {
		stdio: [input, 'pipe', 'pipe'],
		timeout: 60_000,
		encoding: 'utf8',
	});
	closeSync(input);
	assert.equal(done.stderr, 'monitor_client: stdin: EISDIR\n');
	assert.equal(done.status, 1);
});
