// Runs a benchmark of this folder: npm run bench -- NAME [OPTIONS]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const BENCHMARKS = {
  'pass-through': 'a GET that only passes through, against nginx and the least proxy in Node',
  embedded: 'a GET from the embedded store, against the least server in Node',
  'over-swift': 'reads, overwrites, ids, S3 and Redis, against what a Swift does by itself',
  versions: 'reads, new objects and overwrites with versions, against Swift’s own versions',
  'plain-reads': 'what it costs a GET that versions with ids are allowed',
  s3: 'S3’s API against Swift’s, from an embedded store',
  'overwrite-bytes': 'bytes and requests to a Swift while a large object is written',
  'old-and-new': 'CPU time per request of two versions of Hindsight',
  growth: 'the embedded store with more versions, containers and connections',
  memory: 'the memory of a server after many requests',
  many: 'the embedded store with a million objects',
  'version-listings': 'a page of the versions of a container with a million of them',
  large: 'writing a large object over one with versions',
  storage: 'the storage alone, without HTTP',
};

const [name, ...options] = process.argv.slice(2);
if (!Object.hasOwn(BENCHMARKS, name ?? '')) {
  console.log('npm run bench -- NAME [OPTIONS]; each NAME but storage has a --help\n');
  for (const [each, what] of Object.entries(BENCHMARKS)) console.log(`  ${each.padEnd(18)}${what}`);
  process.exit(name === undefined || name === '--help' ? 0 : 1);
}
const script = join(import.meta.dirname, `${name.replaceAll('-', '_')}.mjs`);
const { status } = spawnSync(process.execPath, [script, ...options], { stdio: 'inherit' });
process.exit(status ?? 1);
