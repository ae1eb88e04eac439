// The history answers by time, address and process, stays within its size, and survives a kill.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { HistoryFile } from '../history-file.js';
import { History } from '../history.js';

function place(t) {
	const dir = mkdtempSync(join(tmpdir(), 'history-'));
	t.after(() => rmSync(dir, { recursive: true, force: true }));
	return join(dir, 'records.db');
}
const record = (i, more = {}) => ({ event: 'icmp', src_ip: '10.9.0.1', dst_ip: `10.9.0.${i % 200}`, timestamp: 1000 + i, ...more });
const batch = (records, room = 'eth0') => ({ room, bytes: Buffer.from(records.map((one) => JSON.stringify(one)).join('\n')) });
const found = (answer) => answer.records.map(({ line }) => JSON.parse(line).timestamp - 1000);

test('questions by time, address, process, event, room and text', (t) => {
	const file = new HistoryFile(place(t), 1 << 30);
	file.add([
		batch([record(1), record(2), record(3, { dst_ip: '10.9.0.77' })]),
		batch([record(4, { event: 'connect', src_ip: undefined, dst_ip: undefined, local_ip: '10.9.0.77', remote_ip: '10.9.0.77', comm: 'curl' })], 'flows'),
	]);
	assert.deepEqual(found(file.search({})), [4, 3, 2, 1]);
	assert.deepEqual(found(file.search({ from: 1002, to: 1003 })), [3, 2]);
	assert.deepEqual(found(file.search({ address: '10.9.0.77' })), [4, 3], 'each once, as source or as target');
	assert.deepEqual(found(file.search({ address: '10.9.0.7' })), []);
	assert.deepEqual(found(file.search({ process: 'curl' })), [4]);
	assert.deepEqual(found(file.search({ event: 'icmp', address: '10.9.0.77' })), [3]);
	assert.deepEqual(found(file.search({ room: 'flows' })), [4]);
	assert.deepEqual(found(file.search({ text: 'CURL' })), [4]);
	const first = file.search({ limit: 3 });
	assert.equal(first.more, true);
	const { time, id } = first.records.at(-1);
	const rest = file.search({ limit: 3, before: { time, id } });
	assert.deepEqual([found(rest), rest.more], [[1], false]);
	file.close();
});

test('questions and records that are hostile harm nothing', (t) => {
	const file = new HistoryFile(place(t), 1 << 30);
	const lines = ['text', '{"event":{"a":1},"timestamp":"x"}', '[1]', 'null', '{"__proto__":{"event":"x"},"timestamp":1e308}', '['.repeat(60000), `{"a":"${'x'.repeat(1e5)}"}`, "'; DROP TABLE record; --"];
	file.add([{ room: 'a', bytes: Buffer.from(lines.join('\n')) }]);
	assert.equal(file.search({}).records.length, lines.length);
	for (const bad of ["' OR 1=1 --", {}, [], null, 5, '%', 'x'.repeat(1e5)]) {
		for (const key of ['address', 'process', 'event', 'room', 'text', 'from', 'to', 'before', 'limit']) file.search({ [key]: bad });
	}
	assert.deepEqual(file.search({ process: "' OR 1=1 --" }).records, []);
	assert.equal(file.search({}).records.length, lines.length);
	file.close();
});

test('the oldest go when the file is full', (t) => {
	const path = place(t);
	const most = 4 << 20;
	const file = new HistoryFile(path, most);
	for (let i = 0; i < 40; i++) file.add([batch(Array.from({ length: 1000 }, (_, j) => record(i * 1000 + j, { fill: 'x'.repeat(200) })))]);
	assert.ok(statSync(path).size < most * 1.25, `${statSync(path).size} bytes`);
	const answer = file.search({ limit: 1 });
	assert.deepEqual(found(answer), [39999]);
	const { oldest } = file.state;
	assert.ok(oldest > 20000 && oldest < 38000, `the oldest is ${oldest}`);
	file.close();
	assert.deepEqual(readdirSync(join(path, '..')), ['records.db'], 'nothing is left beside it');
});

test('much at once does not make the file larger either', (t) => {
	const path = place(t);
	const file = new HistoryFile(path, 2 << 20);
	file.add(Array.from({ length: 40 }, () => batch(Array.from({ length: 1000 }, (_, i) => record(i, { fill: 'x'.repeat(200) })))));
	assert.ok(statSync(path).size < 3 << 20, `${statSync(path).size} bytes`);
	file.close();
});

test('a server that is killed leaves a whole file, which the next one goes on with', async (t) => {
	const path = place(t);
	const code = `import { HistoryFile } from ${JSON.stringify(new URL('../history-file.js', import.meta.url).href)};
		const file = new HistoryFile(${JSON.stringify(path)}, 1e9);
		for (let i = 0; ; i++) { file.add([{ room: 'a', bytes: Buffer.from(JSON.stringify({ timestamp: i }) + '\\n' + JSON.stringify({ timestamp: i })) }]); if (i === 50) console.log('ready'); }`;
	const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
	await once(child.stdout, 'data');
	assert.throws(() => new HistoryFile(path, 1e9), new RegExp(`process ${child.pid}`));
	child.kill('SIGKILL');
	await once(child, 'exit');
	assert.ok(existsSync(`${path}.lock`), 'the lock is left behind');
	const file = new HistoryFile(path, 1e9);
	const { records } = file.search({ limit: 1000 });
	assert.ok(records.length >= 100 && records.length % 2 === 0, `${records.length} records, transactions are whole`);
	file.add([batch([record(1)])]);
	file.close();
});

test('another file is refused and left as it is', (t) => {
	const path = place(t);
	writeFileSync(path, 'these are somebody’s notes, and no database at all, whatever its length may be '.repeat(20));
	const size = statSync(path).size;
	assert.throws(() => new HistoryFile(path, 1e9), /records\.db/);
	assert.equal(statSync(path).size, size);
	assert.deepEqual(readdirSync(join(path, '..')), ['records.db']);
	assert.throws(() => new HistoryFile(join(path, 'no', 'where'), 1e9), /ENO/);
});

test('the thread keeps what it was given before it closes, and loses loudly what does not fit', async (t) => {
	const path = place(t);
	const said = [];
	const history = await History.open(path, 1 << 30, (text) => said.push(text));
	for (let i = 0; i < 100; i++) history.add('eth0', batch([record(i), record(i)]).bytes);
	assert.deepEqual(await history.search(5), { error: 'that is no question' });
	for (let i = 0; i < 80; i++) history.add('eth0', Buffer.alloc(1 << 20, 'x'));
	await history.close();
	assert.match(said.join('\n'), /left out/);
	const file = new HistoryFile(path, 1 << 30);
	assert.equal(file.search({ event: 'icmp', limit: 1000 }).records.length, 200);
	file.close();
});

test('a thread that has failed loses loudly, and keeps nobody waiting', async () => {
	const said = [];
	const worker = Object.assign(new EventEmitter(), { postMessage: () => {} });
	const history = new History(worker, {}, (text) => said.push(text));
	history.add('eth0', batch([record(1), record(2)]).bytes);
	const asked = history.search({});
	worker.emit('error', new Error('out of memory'));
	assert.deepEqual([await asked, await history.search({})], Array(2).fill({ error: 'the history has failed' }));
	assert.deepEqual([history.state.lost, history.state.error], [2, 'out of memory']);
	history.add('eth0', batch([record(3)]).bytes);
	await history.close();
	assert.match(said.join('\n'), /out of memory/);
});
