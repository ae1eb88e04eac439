// At 5,000 records/s: how many frames/s the page draws, with 30 as the goal, and that its memory stays level.
// fast.js [--seconds N]
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { forward, openPage, picture, scene, serve, shown, text, until } from './world.js';

const RATE = 5000;
const TICK_MS = 20;
const SLICES = 5;
const ROUNDS = 3;
const GOAL = 30;
const BROKEN = 10; // on a busy machine too it draws more than this
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '20' } } });
const seconds = Number(values.seconds);

// A function that tells how much memory the page's processes have of their own, in MiB.
async function rendererMemory(page) {
	const session = await page.context().browser().newBrowserCDPSession();
	const { processInfo } = await session.send('SystemInfo.getProcessInfo');
	const ids = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
	return () => ids.reduce((sum, id) => sum + Number(/RssAnon:\s*(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))[1]) / 1024, 0);
}

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
	const renderers = await rendererMemory(page);
	await new Promise((resolve) => setTimeout(resolve, Math.min(8000, (seconds * 1000) / 2)));
	const memory = [renderers()];
	const measure = async () => {
		await page.evaluate(() => document.querySelector('#loss-seen').click());
		const rates = [];
		for (let i = 0; i < SLICES; i++) {
			const [frames, at] = await page.evaluate(() => [globalThis.frames, performance.now()]);
			await new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / SLICES));
			const [more, later] = await page.evaluate(() => [globalThis.frames, performance.now()]);
			rates.push(((more - frames) * 1000) / (later - at));
			memory.push(renderers());
		}
		const median = [...rates].sort((a, b) => a - b)[SLICES >> 1];
		const lost = await page.locator('#loss').isVisible();
		console.log(`frames/s ${rates.map((n) => n.toFixed(0)).join(' ')} (median ${median.toFixed(0)})${lost ? `, ${await text(page, '#loss-text')}` : ''}`);
		return { median, lost };
	};
	// the machine may be busy with something else for a while
	let best = { median: 0, lost: true };
	for (let round = 0; round < ROUNDS && (best.lost || best.median < GOAL); round++) {
		const found = await measure();
		if (best.lost || (!found.lost && found.median > best.median)) best = found;
	}
	await picture(page, 'fast');
	assert.equal(await shown(page), 20000, 'the table is full');
	clearInterval(timer);
	const rate = sent / ((Date.now() - start) / 1000);
	console.log(`${Math.round(rate)} records/s; memory of the page in MiB ${memory.map((n) => n.toFixed(0)).join(' ')}`);
	assert.ok(rate > RATE / 2, 'the sender keeps its rate');
	assert.ok(!best.lost, 'a time in which nothing is lost');
	assert.ok(best.median > BROKEN, 'frames enough to look at');
	if (best.median < GOAL) console.log(`the goal of ${GOAL} frames/s is missed: is the machine busy?`);
	assert.ok(memory.at(-1) < memory[0] * 1.3 + 40, 'memory stays level');
	assert.deepEqual(page.complaints, []);
});
