import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { embeddedUpstream } from './embedded_upstream';
import { KillableServer, started } from './killable_server';
import { labOfWorker } from './lab';
import { freePorts } from './ports';
import { CLI } from '../running/paths';

/**
 * As swift-lab starts its servers: Swift reads its swift.conf from /etc/swift unless this
 * is set before anything else is imported.
 */
const SWIFT = `
import runpy, sys
from swift.common.utils import set_swift_dir
set_swift_dir(sys.argv.pop(1))
sys.argv.pop(0)
runpy.run_path(sys.argv[0], run_name="__main__")`;

/**
 * A store in its own process that can be killed and started again at the same address,
 * with its data.
 */
export class KillableStore extends KillableServer {
  readonly url: string;

  /** @param start returns the command that starts it, by its folder */
  private constructor(
    port: number,
    private readonly start: (folder: string) => [program: string, ...args: string[]],
  ) {
    super('store');
    this.url = `http://127.0.0.1:${port}`;
  }

  /** An embedded store. */
  static async embedded(): Promise<KillableStore> {
    const [port = 0] = await freePorts(1);
    return started(
      new KillableStore(port, (folder) => {
        const file = join(folder, 'store.conf');
        writeFileSync(file, embeddedUpstream(join(folder, 'data'), port));
        return [process.execPath, CLI, 'serve', '--config', file];
      }),
    );
  }

  /** Another proxy server of the tests' Swift; undefined if they started none. */
  static async swift(): Promise<KillableStore | undefined> {
    const lab = process.env['SWIFT_PLAIN'] ? undefined : labOfWorker()?.folder;
    if (lab === undefined) return undefined;
    const [port = 0] = await freePorts(1);
    const plain = readFileSync(join(lab, 'etc/plain.conf'), 'utf8');
    const configuration = plain
      .replace(/^bind_port = .*$/m, `bind_port = ${port}`)
      .replace(/^workers = .*$/m, 'workers = 0');
    return started(
      new KillableStore(port, (folder) => {
        const file = join(folder, 'proxy.conf');
        writeFileSync(file, configuration);
        return [
          '/usr/bin/python3',
          '-c',
          SWIFT,
          join(lab, 'etc'),
          '/usr/bin/swift-proxy-server',
          file,
        ];
      }),
    );
  }

  protected command(): [program: string, ...args: string[]] {
    return this.start(this.folder);
  }

  protected async answers(): Promise<boolean> {
    return (await fetch(`${this.url}/healthcheck`)).ok;
  }
}
