// At 5,000 records/s the page draws 30 frames/s or more, and its memory stays level: fast.js [--seconds N]
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { forward, openPage, picture, scene, serve, shown, text, until } from './world.js';

const RATE = 5000;
const TICK_MS = 20;
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '20' } } });
const seconds = Number(values.seconds);

await scene(async () => {
	const lines = readFileSync(new URL('../demo/records.jsonl', import.meta.url), 'utf8').trim().split('\n');
	const server = await serve();
	const page = await openPage(server.url);
	const forwarder = forward(server.url, 'fast');
	const start = Date.now();
	let sent = 0;
	const timer = setInterval(() => {
		const now = Date.now();
		const due = Math.min(((now - start) / 1000) * RATE, sent + RATE);
		let text = '';
		for (; sent < due; sent++) text += `${lines[sent % lines.length].replace(/"ts_us":\d+/, `"ts_us":${now}000`)}\n`;
		forwarder.stdin.write(text);
	}, TICK_MS);
	await until(() => page.locator('#live').isVisible(), 'the live page');

	// the rings are full after four seconds; what is measured comes after
	await page.evaluate(() => {
		globalThis.frames = 0;
		const count = () => {
			globalThis.frames++;
			requestAnimationFrame(count);
		};
		requestAnimationFrame(count);
	});
	const session = await page.context().newCDPSession(page);
	const heap = async () => {
		await session.send('HeapProfiler.collectGarbage');
		return (await session.send('Runtime.getHeapUsage')).usedSize / 2 ** 20;
	};
	await new Promise((resolve) => setTimeout(resolve, Math.min(8000, (seconds * 1000) / 2)));
	const heaps = [await heap()];
	const rates = [];
	const slices = 5;
	for (let i = 0; i < slices; i++) {
		const [frames, at] = await page.evaluate(() => [globalThis.frames, performance.now()]);
		await new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / slices));
		const [more, later] = await page.evaluate(() => [globalThis.frames, performance.now()]);
		rates.push(((more - frames) * 1000) / (later - at));
		heaps.push(await heap());
	}
	await picture(page, 'fast');
	clearInterval(timer);
	const took = (Date.now() - start) / 1000;
	await until(async () => (await text(page, '#rate-now')).includes(' 0 now'), 'the stream to end');
	const median = [...rates].sort((a, b) => a - b)[slices >> 1];
	console.log(`${Math.round(sent / took)} records/s: frames/s ${rates.map((n) => n.toFixed(0)).join(' ')} (median ${median.toFixed(0)}), heap in MiB ${heaps.map((n) => n.toFixed(1)).join(' ')}`);
	assert.equal(await shown(page), 20000, 'the table is full');
	assert.ok(sent / took > RATE * 0.8, 'the sender keeps its rate');
	assert.ok(!(await page.locator('#loss').isVisible()), `nothing is lost: ${await text(page, '#loss-list')}`);
	assert.ok(median >= 30, 'thirty frames a second');
	assert.ok(heaps.at(-1) < heaps[0] * 1.25 + 5, 'memory stays level');
	assert.deepEqual(page.complaints, []);
});
