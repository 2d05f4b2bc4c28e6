import { createHash } from 'node:crypto';
import type { Client } from '../../support/clients/client';
import { archivePrefix, mustBe, newContainer, newPair } from '../../support/clients/containers';

/** The object that every way to write is tried on. */
export const OBJECT = 'object';
/** The key with which its container signs temporary URLs and forms. */
export const KEY = 'the key of the container';
export const SYNC_KEY = 'the key of synchronisation';

/** An object in a versioned container, to try ways to write on. */
export class Target {
  private count = 0;
  /** The current body, if known. */
  private body: string | undefined;

  private constructor(
    readonly owner: Client,
    readonly container: string,
    /** Undefined for object versioning. */
    readonly archive: string | undefined,
    /** An unversioned container, with the object `source`. */
    readonly plain: string,
  ) {}

  /** @param kind how the container keeps versions */
  static async create(owner: Client, kind: 'history' | 'with ids' = 'history'): Promise<Target> {
    const keys = { 'X-Container-Meta-Temp-Url-Key': KEY };
    const { container, archive } =
      kind === 'history'
        ? await newPair(owner, kind, keys)
        : {
            archive: undefined,
            container: await newContainer(owner, 'with-ids', {
              ...keys,
              'X-Versions-Enabled': 'true',
            }),
          };
    const plain = await newContainer(owner);
    const target = new Target(owner, container, archive, plain);
    await mustBe(201, owner.ask('PUT', `/${plain}/source`, {}, 'copied'));
    return target;
  }

  /** The full path of the object. */
  get path(): string {
    return `${this.owner.account}/${this.container}/${OBJECT}`;
  }

  /**
   * Writes a unique body, runs `write`, and looks for the body.
   *
   * @returns what is wrong; undefined if the body is still current, or archived
   */
  async keeps(write: () => Promise<unknown>): Promise<string | undefined> {
    const body = this.body ?? `body ${++this.count}`;
    if (this.body === undefined)
      await mustBe(201, this.owner.ask('PUT', `/${this.container}/${OBJECT}`, {}, body));
    const answer = await write();
    const now = await this.owner.ask(
      'GET',
      `/${this.container}/${OBJECT}?symlink=get&multipart-manifest=get`,
    );
    this.body = now.status === 200 && now.body.toString() === body ? body : undefined;
    if (this.body !== undefined) return undefined;
    if ((await this.archived()).includes(createHash('md5').update(body).digest('hex')))
      return undefined;
    const { status } = { status: 0, ...(answer as object) };
    return `answered ${status}, and the body is neither current nor archived`;
  }

  /** The MD5 sums of the newest archived bodies. */
  async archived(): Promise<string[]> {
    const query = `format=json&reverse=on&limit=20&prefix=${encodeURIComponent(archivePrefix(OBJECT))}`;
    const versions = `versions&format=json&limit=20&prefix=${OBJECT}`;
    const listing =
      this.archive === undefined ? `/${this.container}?${versions}` : `/${this.archive}?${query}`;
    const { body } = await mustBe(200, this.owner.ask('GET', listing));
    return this.entries(body).map(({ hash }) => hash);
  }

  /** The ids of the newest versions, if they have any. */
  async ids(): Promise<string[]> {
    const query = `versions&format=json&limit=20&prefix=${OBJECT}`;
    const { body } = await mustBe(200, this.owner.ask('GET', `/${this.container}?${query}`));
    const ids = this.entries(body).map(({ version_id: id }) => id);
    return ids.flatMap((id) => (id === undefined || id === 'null' ? [] : [id]));
  }

  private entries(body: Buffer): { hash: string; version_id?: string }[] {
    return JSON.parse(body.toString()) as { hash: string; version_id?: string }[];
  }
}
