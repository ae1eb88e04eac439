// A server on port 8080 that says of each connection what it knew, as a line of JSON, when it is closed.
const http = require('http');

const body = Buffer.alloc(300000, 'x');
const plain = (address) => address.replace(/^::ffff:/, '');
const server = http.createServer((request, response) => {
	request.resume();
	request.on('end', () => response.end(body));
});
server.on('connection', (socket) => {
	const ends = {
		local_ip: plain(socket.localAddress), local_port: socket.localPort,
		remote_ip: plain(socket.remoteAddress), remote_port: socket.remotePort,
	};
	socket.on('close', () => {
		process.stdout.write(JSON.stringify({ ...ends, rx_bytes: socket.bytesRead, tx_bytes: socket.bytesWritten }) + '\n');
	});
});
server.listen(8080, '::', () => process.stdout.write('listening\n'));
