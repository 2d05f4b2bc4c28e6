// The least that a proxy in Node does: undici's dispatch, and Node's response. Its use:
// node proxy.mjs UPSTREAM; it prints its port.
import { createServer } from 'node:http';
import { Pool } from 'undici';

const pool = new Pool(process.argv[2], { connections: 1024, pipelining: 1 });
const server = createServer((req, res) => {
  const body = req.method === 'GET' || req.method === 'HEAD' ? null : req;
  pool.dispatch(
    { method: req.method, path: req.url, headers: req.rawHeaders, body },
    {
      onRequestStart(controller) {
        res.on('close', () => !res.writableFinished && controller.abort(new Error('gone')));
      },
      onResponseStart(controller, status) {
        res.writeHead(status, controller.rawHeaders.map(String));
      },
      onResponseData(controller, chunk) {
        if (res.write(chunk)) return;
        controller.pause();
        res.once('drain', () => controller.resume());
      },
      onResponseEnd: () => res.end(),
      onResponseError: () => res.destroy(),
    },
  );
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
