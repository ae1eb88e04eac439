// Which rows are shown.
import { inNetwork } from './network.js';

// { rooms: Set, text, event, address, process, container, type } → a function of a row
export function makeFilter({ rooms, text = '', event = '', address = '', process = '', container = '', type = '' }) {
	const tests = [(row) => rooms.has(row.room)];
	const contains = (wanted, of) => {
		const lower = wanted.trim().toLowerCase();
		if (lower) tests.push((row) => of(row).toLowerCase().includes(lower));
	};
	if (event) tests.push((row) => row.event === event);
	if (address.trim()) {
		const fits = inNetwork(address.trim().toLowerCase());
		tests.push((row) => (row.here !== '' && fits(row.here)) || (row.there !== '' && fits(row.there)));
	}
	contains(process, (row) => row.process);
	contains(container, (row) => row.container);
	contains(type, (row) => row.type);
	contains(text, (row) => `${row.type} ${row.from} ${row.to} ${row.process} ${row.line}`);
	return (row) => tests.every((test) => test(row));
}
