// What stands where records would be, and says what to do.
const COMMAND = 'ringside-reader eth0 | CLIENTNAME=eth0-ICMP URL=ORIGIN PASSWORD=… node client/monitor/monitor_client.js';

// state: connecting, connected, disconnected, password
export function notice({ state, message, rooms, chosen, records }) {
	if (state === 'password') return { title: 'Who may watch knows the password', text: message === 'a password is needed' ? 'It is the PASSWORD that the server was started with.' : `${message}.`, login: true };
	if (state === 'disconnected') {
		return {
			title: 'The server is away',
			text: message ? `${message}.` : 'This page tries again by itself. If it stays so: does the server run (npm start in client/dashboard), and can this machine reach it?',
		};
	}
	if (state === 'connecting') return { title: 'Connecting …', text: '' };
	if (rooms.length === 0) return { title: 'Nobody forwards records yet', text: 'Where a reader may run, start:', command: COMMAND.replace('ORIGIN', location.origin) };
	if (chosen === 0) return { title: 'No room is chosen', text: 'Choose one or several above.' };
	if (records === 0) return { title: 'Waiting for the first record', text: 'The forwarder is connected, and nothing has happened yet. ping makes an echo; is the source loaded (ringside-loader status)?' };
	return undefined;
}

// strip: above the records, not in their place
export function drawNotice(box, said, strip) {
	box.hidden = said === undefined;
	if (!said) return;
	const part = (name) => box.querySelector(name);
	part('#notice-title').textContent = said.title;
	part('#notice-text').textContent = said.text;
	part('#notice-command').hidden = !said.command;
	part('#notice-command').textContent = said.command ?? '';
	const wasHidden = part('#login').hidden;
	part('#login').hidden = !said.login;
	if (said.login && wasHidden) part('#password').focus();
	box.classList.toggle('strip', Boolean(strip));
}
