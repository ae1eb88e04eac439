// Hostile records and a loss: nothing changes on the page but what it shows.
import assert from 'node:assert/strict';
import { forward, openPage, picture, rows, scene, serve, text, until } from './world.js';

const HTML = '<img src=x onerror="globalThis.pwned=1"><script>globalThis.pwned=1</script><b>bold</b>';

await scene(async () => {
	const server = await serve();
	const page = await openPage(server.url);
	const elements = () => page.evaluate(() => [...new Set([...document.querySelectorAll('body *')].map((node) => node.localName))].sort().join(' '));
	const name = `room ${HTML}`.slice(0, 64);
	const forwarder = forward(server.url, name);
	await until(() => forwarder.said.includes('connected'), 'the forwarder');
	forwarder.stdin.write('{"event":"icmp","src_ip":"10.9.0.1","dst_ip":"10.9.0.2","ip_version":4,"icmp_type":8}\n');
	await until(async () => (await rows(page)).length === 1, 'a usual record');
	await until(async () => (await page.locator('#talkers td').count()) > 0, 'the panels');
	const usual = await elements();

	const million = `{"event":"icmp",${Array.from({ length: 90000 }, (_, i) => `"k${i}":1`).join(',')}}`;
	const records = [
		HTML,
		JSON.stringify({ event: 'close', comm: HTML, pid: 7, local_ip: HTML, remote_ip: HTML, container_name: HTML, tx_bytes: 1, rx_bytes: 2, duration_us: 5, user: HTML, [HTML]: HTML }),
		JSON.stringify({ event: HTML, src_ip: HTML, timestamp: 1e308 }),
		'{"event":"icmp","__proto__":{"event":"x","pwned":1},"constructor":{"prototype":{"pwned":1}},"toString":1}',
		`{"event":"icmp","deep":${'['.repeat(30000)}${']'.repeat(30000)}}`,
		million,
		'{"event":"text","line":"\\u202ereversed \\u0000"}',
	];
	for (const record of records) forwarder.stdin.write(`${record}\n`);
	await until(async () => (await rows(page)).length === records.length + 1, 'all of them in the table');
	assert.ok((await rows(page)).some((row) => row.some((cell) => cell.includes('<img src=x onerror='))), 'HTML is shown as text');
	await until(async () => (await text(page, '#flows')).includes('<img'), 'it in the panels');
	await picture(page, 'hostile');
	for (let i = 0; i < records.length + 1; i++) {
		await page.locator('#table-body .row:not([hidden])').nth(i).click();
		assert.ok(await page.locator('#record').isVisible());
		if (i === 5) await picture(page, 'hostile-record');
		await page.locator('#record button').click();
	}
	assert.equal(await elements(), usual, 'no element of another kind has come');
	assert.equal(await page.evaluate(() => globalThis.pwned ?? {}.pwned ?? Object.prototype.event), undefined);

	// loss is loud, also in a tab behind others, where no frame is drawn
	const behind = await openPage(server.url);
	await until(() => behind.locator('#live').isVisible(), 'the other page');
	await behind.evaluate(() => (globalThis.requestAnimationFrame = () => 0));
	forwarder.stdin.write('{"event":"lost","source":"eth0","timestamp":1795233232411,"count":1234,"cpu":0}\n');
	await until(() => page.locator('#loss').isVisible(), 'the loss');
	assert.equal(await text(page, '#loss-text'), '1,234 records are missing');
	assert.match(await page.title(), /1,234 lost/);
	await until(async () => (await behind.title()).includes('1,234 lost'), 'the title of the page behind');
	await picture(page, 'loss');
	await page.click('#loss-seen');
	await until(async () => !(await page.locator('#loss').isVisible()), 'it to be seen');
	assert.deepEqual(page.complaints, []);
});
