// Numbers for people.
export function bytes(n) {
	if (n === undefined) return '';
	if (n < 1000) return `${n} B`;
	const units = ['kB', 'MB', 'GB', 'TB', 'PB'];
	let i = -1;
	do {
		n /= 1000;
		i++;
	} while (n >= 999.5 && i < units.length - 1);
	return `${n < 10 ? n.toFixed(1) : Math.round(n)} ${units[i]}`;
}

export function duration(us) {
	if (us === undefined) return '';
	if (us < 1000) return `${Math.round(us)} µs`;
	if (us < 1e6) return `${(us / 1000).toPrecision(3)} ms`;
	if (us < 60e6) return `${(us / 1e6).toPrecision(3)} s`;
	const seconds = Math.round(us / 1e6);
	if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
	return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min`;
}

export function count(n) {
	return n.toLocaleString('en');
}

const two = (n) => String(n).padStart(2, '0');

export function clock(ms) {
	const at = new Date(ms);
	return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

export function day(ms) {
	const at = new Date(ms);
	return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock(ms)}`;
}
