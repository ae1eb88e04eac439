// The events that ringside and its forwarder write, in the order in which they are shown, with their colours.
export const EVENTS = [
	{ name: 'icmp', light: '#1a5fb4', dark: '#62a0ea' },
	{ name: 'connect', light: '#26803b', dark: '#57c878' },
	{ name: 'accept', light: '#0d7f7f', dark: '#4fc9c9' },
	{ name: 'close', light: '#6b4fb3', dark: '#ab93f0' },
	{ name: 'flow', light: '#8d6e00', dark: '#dbb73b' },
	{ name: 'udp_send', light: '#b35c00', dark: '#f0a050' },
	{ name: 'udp_recv', light: '#7a5230', dark: '#c79a70' },
	{ name: 'connect_failed', light: '#c01c28', dark: '#ff7b72' },
	{ name: 'retransmit', light: '#a51d80', dark: '#f082cf' },
	{ name: 'lost', light: '#e01b24', dark: '#ff5555' },
	{ name: 'dropped', light: '#e01b24', dark: '#ff5555' },
	{ name: 'stats', light: '#5b6570', dark: '#98a4b0' },
	{ name: 'text', light: '#333b44', dark: '#c3ccd6' },
	{ name: 'other', light: '#777777', dark: '#999999' },
];

const known = new Map(EVENTS.map(({ name }, i) => [name, i]));
const OTHER = known.get('other');

// its place in EVENTS
export function eventIndex(name) {
	return known.get(name) ?? OTHER;
}
