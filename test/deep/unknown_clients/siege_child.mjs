// Besieges a server by `count` clients without credentials, each with another kind of
// body.
import { require } from '../../support/running/register.mjs';

const { besiegerOf } = require('./test/support/clients/unknown_clients.ts');
const [url = '', count = ''] = process.argv.slice(2);
/** Bytes a second of each client: the machine's throughput is not to be measured. */
const RATE = 256 * 1024;
/** Milliseconds after which a refused client returns. They do not all return at once. */
const PAUSE = 2000;

function stay(index) {
  const client = besiegerOf(url, index, RATE);
  const timer = setInterval(() => {
    if (!client.isOver) return;
    clearInterval(timer);
    setTimeout(() => stay(index), PAUSE);
  }, 100);
}

for (let index = 0; index < Number(count); index++)
  setTimeout(() => stay(index), (PAUSE * index) / Number(count));
setTimeout(() => process.send?.('begun'), PAUSE);
