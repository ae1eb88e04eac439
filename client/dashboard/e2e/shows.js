// Loader → ping and curl → reader as nobody → forwarder → server → the page: two interfaces in two rooms, and flows.
// Runs in the namespaces that tests/client/browser-shows.sh makes; READER is the reader's path.
import assert from 'node:assert/strict';
import { forwardReader, openPage, picture, rows, run, scene, serve, shown, text, until } from './world.js';

const PASSWORD = 'secret123';
const { WORK } = process.env;

await scene(async () => {
	const server = await serve({ password: PASSWORD, args: ['--history', `${WORK}/history.db`] });
	const page = await openPage(server.url);

	await until(async () => (await text(page, '#notice-title')).includes('password'), 'the question for the password');
	await picture(page, 'password');
	await page.fill('#password', 'wrong');
	await page.click('#login button');
	await until(async () => (await text(page, '#notice-text')).includes('wrong password'), 'the refusal');
	for (let i = 2; i <= 5; i++) {
		await page.fill('#password', 'wrong');
		await page.click('#login button');
		await until(() => server.said.split('wrong password').length > i, `refusal ${i}`);
		await until(() => page.evaluate(() => sessionStorage.length === 0), 'the page to forget it');
	}
	await page.fill('#password', PASSWORD);
	await page.keyboard.press('Enter');
	await until(async () => (await text(page, '#notice-text')).includes('too many wrong passwords'), 'that it has to wait');
	await until(async () => (await text(page, '#notice-title')).includes('Nobody forwards'), 'the empty state, when it has waited');
	assert.ok(!page.url().includes(PASSWORD));
	await picture(page, 'empty');

	const password = PASSWORD;
	const forwarders = await Promise.all(['eth0', 'eth1', 'flows'].map((source) => forwardReader(server.url, `${source}-room`, { password, args: source })));
	await until(async () => (await page.locator('#rooms button').count()) === 3, 'three rooms');

	await run('ping', '-n', '-q', '-c', '5', '-i', '0.05', '10.9.0.2');
	await run('ping', '-n', '-q', '-c', '3', '-i', '0.05', '10.9.1.2');
	await run('curl', '-s', '-o', `${WORK}/got`, 'http://10.9.0.2:8080/large');

	const filter = async (values) => {
		await page.click('text=Clear filters');
		for (const [id, value] of Object.entries(values)) {
			if (id === 'event') await page.selectOption('#filter-event', value);
			else await page.fill(id === 'search' ? '#search' : `#filter-${id}`, value);
		}
	};
	await until(() => page.locator('#live').isVisible(), 'the live page');
	await filter({ address: '10.9.0.2', type: 'Echo' });
	await until(async () => (await shown(page)) === 10, 'five requests and five replies on eth0');
	assert.ok((await rows(page)).every((row) => row[1] === 'eth0-room' && row[2] === 'icmp'));
	await filter({ address: '10.9.1.0/24', type: 'Echo' });
	await until(async () => (await shown(page)) === 6, 'three and three on eth1');
	assert.ok((await rows(page)).every((row) => row[1] === 'eth1-room'));
	await filter({ event: 'connect', process: 'curl', address: '10.9.0.2' });
	await until(async () => (await shown(page)) === 1, 'the connection of curl');
	const [connect] = await rows(page);
	assert.match(connect[3], /^10\.9\.0\.1:\d+$/);
	assert.equal(connect[4], '10.9.0.2:8080');
	assert.match(connect[6], /^connected in /);
	await filter({ search: 'nothing is like this' });
	await until(() => page.locator('#table-empty').isVisible(), 'that nothing is found');
	await picture(page, 'nothing-found');
	await filter({});

	// the panels
	const cells = (id) => page.$$eval(`#${id} tbody tr`, (lines) => lines.map((line) => [...line.cells].map((cell) => cell.textContent)));
	const echoes = await until(async () => {
		const found = Object.fromEntries((await cells('echo')).map(([name, , median, , answered]) => [name, [answered, median]]));
		return found['10.9.0.1 → 10.9.0.2']?.[0] === '5/5' && found['10.9.1.1 → 10.9.1.2']?.[0] === '3/3' && found;
	}, 'the round trips');
	assert.match(echoes['10.9.0.1 → 10.9.0.2'][1], /^\d.* (µs|ms)$/);
	await until(async () => (await cells('flows')).some((flow) => /^curl\n\d+$/.test(flow[0]) && flow[1].includes('10.9.0.2:8080') && flow[4] === '3.0 MB'), 'the flow of curl with its bytes');
	await until(async () => (await cells('processes')).some(([name]) => name === 'curl'), 'curl among the processes');
	await until(async () => (await cells('talkers')).some(([name]) => name === '10.9.0.2'), 'the peer among the talkers');
	assert.ok((await page.locator('#rate-chart canvas').count()) === 1, 'the chart');
	await picture(page, 'live');

	// pause, keys, details
	await page.keyboard.press('Escape');
	await page.locator('#table').focus();
	await page.keyboard.press('p');
	const held = await shown(page);
	await run('ping', '-n', '-q', '-c', '2', '-i', '0.05', '10.9.0.2');
	await until(async () => /paused, \d+ came since/.test(await text(page, '#count')), 'the count of what came since');
	assert.equal(await shown(page), held, 'paused is paused');
	await page.keyboard.press('j');
	await page.keyboard.press('ArrowDown');
	const chosen = await page.$eval('[aria-selected="true"]', (node) => node.textContent);
	await page.keyboard.press('Enter');
	await until(() => page.locator('#record').isVisible(), 'the details');
	const line = JSON.parse(await text(page, '#record-line'));
	assert.ok(chosen.includes(line.event));
	await picture(page, 'record');
	await page.keyboard.press('Escape');
	await page.keyboard.press('p');
	await until(async () => (await shown(page)) > held, 'the stream to go on');

	// the past is there for those who come later
	const late = await openPage(server.url);
	await late.fill('#password', PASSWORD);
	await late.keyboard.press('Enter');
	await until(() => late.locator('#live').isVisible(), 'the recent past');
	await late.fill('#filter-address', '10.9.1.2');
	await until(async () => (await shown(late)) >= 6, 'the pings of before');
	await late.close();

	// a room is switched off and on
	// and nothing of it comes twice
	const other = page.locator('#rooms button', { hasText: 'eth1-room' });
	await filter({ address: '10.9.1.2', type: 'Echo' });
	await other.click();
	await until(async () => (await shown(page)) === 0, 'the room to be left out');
	await other.click();
	await until(async () => (await shown(page)) === 6, 'the room to be back');
	await run('ping', '-n', '-q', '-c', '1', '10.9.1.2');
	await until(async () => (await shown(page)) === 8, 'what is new in it');
	await filter({});

	// history
	await page.locator('#table').focus();
	await page.keyboard.press('h');
	await page.fill('#history-address', '10.9.1.2');
	await page.selectOption('#history-event', 'icmp');
	await until(async () => {
		await page.click('#history-form button');
		await until(async () => /records|nothing/.test(await text(page, '#history-count')), 'an answer');
		return (await page.locator('#history-list li').count()) >= 6;
	}, 'the history to know');
	await page.locator('#history-list button').first().click();
	assert.match(await text(page, '#record-line'), /10\.9\.1\.2/);
	await page.keyboard.press('Escape');
	await picture(page, 'history');
	await page.keyboard.press('Escape');

	// a forwarder is killed: its room says so
	forwarders[0].killAll('SIGKILL');
	await until(async () => (await text(page, '#rooms')).includes('eth0-room: forwarder is gone'), 'the room to say that its forwarder is gone');
	await picture(page, 'forwarder-gone');

	// by night, and on a phone
	await page.emulateMedia({ colorScheme: 'dark' });
	assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(16, 20, 24)');
	await picture(page, 'dark');
	await page.setViewportSize({ width: 390, height: 844 });
	await until(() => page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), 'the page to fit a phone');
	await picture(page, 'phone');
	assert.deepEqual(page.complaints, []);
	assert.ok(!server.said.includes(PASSWORD));
});
