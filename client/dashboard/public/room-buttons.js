// The rooms: a button for each, with who forwards to it.
import { clock } from './units.js';

function title({ forwarders, watchers }) {
	if (forwarders.length === 0) return 'no forwarder is connected: start it again';
	return `${forwarders.map(({ address, since }) => `forwarded from ${address} since ${clock(since)}`).join(', ')}; watched by ${watchers}`;
}

// isLeft(name): somebody switched it off; toggle(name)
export function drawRoomButtons(nav, rooms, { isLeft, toggle }) {
	const focused = nav.contains(document.activeElement) ? document.activeElement.dataset.room : undefined;
	nav.replaceChildren(...rooms.map((room) => {
		const button = document.createElement('button');
		const gone = room.forwarders.length === 0;
		button.type = 'button';
		button.dataset.room = room.name;
		button.textContent = gone ? `${room.name}: forwarder is gone` : room.name;
		button.title = title(room);
		button.classList.toggle('gone', gone);
		button.setAttribute('aria-pressed', !isLeft(room.name));
		button.addEventListener('click', () => toggle(room.name));
		return button;
	}));
	if (focused !== undefined) [...nav.children].find(({ dataset }) => dataset.room === focused)?.focus();
}

export function countConnections(rooms) {
	if (rooms.length === 0) return '';
	const forwarders = rooms.reduce((sum, room) => sum + room.forwarders.length, 0);
	const watchers = rooms.reduce((most, room) => Math.max(most, room.watchers), 0);
	return `${forwarders} forwarding · ${watchers} watching`;
}
