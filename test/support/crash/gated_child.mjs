import { require } from '../../embedded/register.mjs';

const { serveGated } = require('../support/crash/gated_server.ts');

await serveGated(process.argv[2]);
