// Losses, loudly, until somebody has seen them. Only what has changed is written: it is read aloud.
import { clock, count } from './units.js';

function write(node, text) {
	if (node.textContent !== text) node.textContent = text;
}

export function drawLosses(bar, losses) {
	bar.hidden = losses.total === 0;
	if (losses.total === 0) return;
	write(bar.querySelector('strong'), `${count(losses.total)} records are missing`);
	const list = bar.querySelector('ul');
	const items = losses.list().map(({ place, count: n, at }) => `${place}: ${count(n)}, last at ${clock(at)}`);
	while (list.children.length > items.length) list.lastChild.remove();
	items.forEach((item, i) => write(list.children[i] ?? list.appendChild(document.createElement('li')), item));
}
