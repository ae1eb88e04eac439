// The server is killed and started again while records flow: the page says so, comes back by itself, and nothing is lost.
// Runs in the namespaces that tests/client/browser-restart.sh makes; READER is the reader's path.
import assert from 'node:assert/strict';
import { forwardReader, launch, openPage, picture, scene, serve, shown, text, until } from './world.js';

const PINGS = 400;

await scene(async () => {
	const password = 'secret123';
	let server = await serve({ password });
	const port = new URL(server.url).port;
	const page = await openPage(server.url);
	await page.fill('#password', password);
	await page.keyboard.press('Enter');
	const forwarder = await forwardReader(server.url, 'eth0', { password, args: '--type 8 eth0' });
	await until(async () => (await text(page, '#notice-title')).includes('Waiting for the first record'), 'the waiting state');
	await picture(page, 'waiting');

	const ping = launch('ping', ['-n', '-q', '-c', String(PINGS), '-i', '0.02', '10.9.0.2']);
	await until(() => page.locator('#live').isVisible(), 'the live page');
	await until(async () => (await shown(page)) >= 50, 'some records');
	server.killAll('SIGKILL');
	await until(async () => (await text(page, '#state')) === 'disconnected', 'the page to say that the server is away');
	assert.ok(await page.locator('#notice').isVisible());
	assert.match(await text(page, '#notice-text'), /npm start/);
	const before = await shown(page);
	assert.ok(before < PINGS, 'records still flow');
	await picture(page, 'disconnected');
	await until(() => forwarder.said.includes('lost'), 'the forwarder to notice');
	// the page comes back first, to a server that has no rooms yet
	forwarder.killAll('SIGSTOP');
	server = await serve({ port, password });
	await until(async () => (await text(page, '#state')) === 'connected', 'the page to come back');
	forwarder.killAll('SIGCONT');
	const [status] = await ping.ended;
	assert.equal(status, 0);
	await until(async () => (await shown(page)) >= PINGS, 'all records');
	assert.ok(!(await page.locator('#loss').isVisible()), 'nothing was lost');
	// each sequence number once: the search finds a record that has it
	for (const seq of [1, 50, before - 1, before, before + 1, before + 20, PINGS]) {
		await page.fill('#search', `"icmp_seq":${seq},`);
		await until(async () => (await shown(page)) === 1, `echo ${seq}, once`);
	}
	assert.deepEqual(page.complaints, []);
	console.log(`${PINGS} echoes, ${before} before the server was killed; all of them came, each once`);
});
