// The least that a server in Node does: it answers every request with the same bytes.
// Its use: node server.mjs SIZE; it prints its port.
import { createServer } from 'node:http';

const body = Buffer.alloc(Number(process.argv[2]), 'x');
const server = createServer((req, res) => {
  req.resume();
  res.writeHead(200, { 'Content-Length': body.length, 'Content-Type': 'text/plain' });
  res.end(body);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
