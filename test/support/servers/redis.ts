import { createConnection } from 'node:net';
import { KillableServer, started } from './killable_server';
import { aptInstall, describeNeeding } from '../running/needs';
import { freePorts } from './ports';

const SERVER = '/usr/bin/redis-server';

/** Declares a suite that needs a real Redis. */
export function describeWithRedis(name: string, suite: () => void): void {
  describeNeeding(
    { name: 'Redis', file: SERVER, install: aptInstall('redis-server') },
    name,
    suite,
  );
}

/** A Redis for one test, on a free port of the loopback interface. */
export class TestRedis extends KillableServer {
  private constructor(
    readonly port: number,
    /**
     * For other nodes of a cluster; the default is `port` + 10000, which an outgoing
     * connection may occupy.
     */
    private readonly clusterPort: number,
    private readonly options: readonly string[],
  ) {
    super('redis');
  }

  /**
   * Starts one that saves nothing, unless options say otherwise.
   *
   * @param options as on its command line; a configuration file comes first
   */
  static async start(...options: string[]): Promise<TestRedis> {
    const [port = 0, clusterPort = 0] = await freePorts(2);
    const chosen = options.length > 0 ? options : ['--save', ''];
    return started(new TestRedis(port, clusterPort, chosen));
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  protected command(): [program: string, ...args: string[]] {
    const ports = ['--port', String(this.port), '--cluster-port', String(this.clusterPort)];
    return [SERVER, ...this.options, ...ports, '--bind', '127.0.0.1', '--dir', this.folder];
  }

  protected async answers(): Promise<boolean> {
    return /^(\+PONG|-NOAUTH)/.test(await this.ask('PING'));
  }

  /** Sends one command. Returns the first bytes of the response as they came. */
  ask(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(this.port, '127.0.0.1', () => socket.write(`${command}\r\n`));
      socket.once('data', (data) => {
        resolve(data.toString());
        socket.destroy();
      });
      socket.once('error', reject);
    });
  }
}
