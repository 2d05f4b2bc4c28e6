import { require } from '../../running/register.mjs';

const { serveGated } = require('./test/support/judges/crash/gated_server.ts');

await serveGated(process.argv[2]);
