// Keeps so many clients without credentials at a server, each with another kind of body, until it is ended.
import { require } from '../../support/register.mjs';

const { besiegers } = require('./unknown_clients.ts');
const [url = '', count = ''] = process.argv.slice(2);

let clients = besiegers(url, Number(count));
process.send?.('begun');
// whoever was answered comes again
setInterval(() => {
  const over = clients.filter(({ isOver }) => isOver).length;
  clients = [...clients.filter(({ isOver }) => !isOver), ...besiegers(url, over)];
}, 1000);
