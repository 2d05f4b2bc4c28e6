import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../../servers/ports';
import { KillableServer, started } from '../../servers/killable_server';

const PROGRAM = '/usr/bin/docker-registry';
/** The smallest that its driver for Swift accepts. */
export const CHUNK = 1024 * 1024;

/** Where a registry keeps its images: in a container of a Swift. */
export interface RegistryStore {
  readonly url: string;
  readonly user: string;
  readonly key: string;
  readonly container: string;
  /** The key that signs temporary URLs. */
  readonly secret: string;
}

/** Debian's docker-registry, which redirects clients to temporary URLs of its store. */
export class DockerRegistry extends KillableServer {
  private constructor(
    private readonly port: number,
    private readonly store: RegistryStore,
  ) {
    super('registry');
  }

  static async start(store: RegistryStore): Promise<DockerRegistry> {
    const [port = 0] = await freePorts(1);
    return started(new DockerRegistry(port, store));
  }

  /** Its host and port. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  protected command(): [program: string, ...args: string[]] {
    const file = join(this.folder, 'config.json');
    // JSON is YAML
    writeFileSync(file, JSON.stringify(this.configuration()));
    return [PROGRAM, 'serve', file];
  }

  protected async answers(): Promise<boolean> {
    return (await fetch(`http://${this.address}/v2/`)).status === 200;
  }

  private configuration() {
    const { url, user, key, container, secret } = this.store;
    const swift = {
      authurl: `${url}/auth/v1.0`,
      username: user,
      password: key,
      container,
      secretkey: secret,
      chunksize: CHUNK,
    };
    return {
      version: 0.1,
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { swift, delete: { enabled: true } },
      http: { addr: this.address, secret: 'of uploads' },
    };
  }
}
