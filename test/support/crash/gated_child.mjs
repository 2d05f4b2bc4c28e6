import { require } from '../register.mjs';

const { serveGated } = require('./test/support/crash/gated_server.ts');

await serveGated(process.argv[2]);
