import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Ends the process with one line if this Node is older than package.json supports. The
 * command imports this first, because an older Node would fail with an error that does
 * not name the cause.
 */
const text = readFileSync(join(__dirname, '../../../package.json'), 'utf8');
const { engines } = JSON.parse(text) as { engines: { node: string } };
const oldest = engines.node.replace('>=', '');

if (isOlder(process.versions.node, oldest)) {
  process.stderr.write(
    `Hindsight needs Node ${oldest} or newer; this is Node ${process.versions.node}.\n`,
  );
  process.exit(1);
}

function isOlder(version: string, than: string): boolean {
  const [one = [], other = []] = [version, than].map((each) => each.split('.').map(Number));
  const at = other.findIndex((number, i) => one[i] !== number);
  return at >= 0 && (one[at] ?? 0) < (other[at] ?? 0);
}
