// Keeps so many clients without credentials at a server, each with another kind of body, until it is ended.
import { require } from '../../support/register.mjs';

const { besiegerOf } = require('./unknown_clients.ts');
const [url = '', count = ''] = process.argv.slice(2);
/** Bytes in a second of each: so many clients are not to measure how fast this machine moves bytes. */
const RATE = 256 * 1024;
/** Milliseconds after which one that was refused comes again. They do not come all at once. */
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
