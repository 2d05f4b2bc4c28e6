import {
  nullIndexType,
  withNullNote,
} from '../../../src/versioning/object_versioning/null_versions/null_note';
import { NullVersionExecutor } from '../../../src/versioning/object_versioning/null_versions/execute_nulls';
import { unfinishedName } from '../../../src/versioning/object_versioning/unfinished_note';
import {
  isNullIndexName,
  nullIndexName,
  parseVersionName,
  versionName,
} from '../../../src/versioning/object_versioning/version_names';
import type { Verdict } from '../../../src/versioning/archive/execute';
import type {
  VersionOperation,
  SentWrite,
} from '../../../src/versioning/object_versioning/version_operation';
import { Headers } from '../../../src/http/headers';
import { createLog } from '../../../src/util/log';
import type { LinkProperties, ObjectInfo, ObjectRef } from '../../../src/versioning/store/store';
import { recordingStore, type RecordingStore } from './recording_store';
import { MapStore } from './map_store';

export const OBJECT = { account: 'a', container: 'c', object: 'o' };
export const VERSIONS = 'versions';
/** The store's time, which never changes. */
export const NOW = '2000000000.00000';
/** Ids of versions; higher numbers are newer. */
export const id = (n: number) => `000000000${n}.00000`;

const NOTE = `${VERSIONS}/${unfinishedName(OBJECT.object)}`;
const LISTED = `firstEntries a ${VERSIONS} o\x01\x01 4`;

/** An object in a container with object versioning, in a store that records its calls. */
export class IdsWorld {
  readonly map = new MapStore();
  readonly told: RecordingStore = recordingStore(this.map);
  readonly logged: string[] = [];
  /** The arguments of the guard. */
  readonly guarded: (ObjectInfo | undefined)[] = [];
  readonly versions = new NullVersionExecutor(
    this.told.store,
    VERSIONS,
    createLog('warn', { write: (line: string) => this.logged.push(line) }),
  );

  constructor() {
    this.map.now = () => Number(NOW) * 1000;
  }

  /** The place of the version with an id. */
  static at(id: string): ObjectRef {
    return { ...OBJECT, container: VERSIONS, object: versionName(OBJECT.object, id) };
  }

  /** Puts a version, or a delete marker if there is no body. */
  version(id: string, body?: string, contentType = 'text/plain'): this {
    this.map.put(IdsWorld.at(id), body, Headers.of({ 'Content-Type': contentType }));
    return this;
  }

  /** Puts null versions, and the index of them. */
  nulls(...versions: readonly (readonly [id: string, body?: string])[]): this {
    for (const [id, body] of versions) this.version(id, body, withNullNote('text/plain', id));
    return versions.length === 0 ? this : this.index(...versions.map(([id]) => id));
  }

  index(...ids: readonly string[]): this {
    const at = { ...OBJECT, container: VERSIONS, object: nullIndexName(OBJECT.object) };
    this.map.put(at, '', Headers.of({ 'Content-Type': nullIndexType(ids) }));
    return this;
  }

  /** Makes the object a link. */
  async link(id: string, parts: LinkProperties = {}): Promise<this> {
    await this.map.putLink(OBJECT, IdsWorld.at(id), parts);
    return this;
  }

  /** Puts an object without an id. Returns its timestamp. */
  async itself(body: string): Promise<string> {
    this.map.put(OBJECT, body);
    return (await this.map.stat(OBJECT))?.timestamp ?? '';
  }

  /**
   * A client's request with the given outcome; if that is `done`, it puts a body or
   * removes the object.
   */
  operation(
    body: string | undefined,
    sent: Partial<SentWrite> = {},
    verdict: Verdict = 'go',
  ): VersionOperation {
    const { outcome = 'done' } = sent;
    return {
      guard: (current) => {
        this.guarded.push(current);
        return Promise.resolve(verdict);
      },
      forward: (to = OBJECT, by) => {
        this.told.asked.push(`forward ${to.container}/${to.object}`);
        if (outcome === 'done' && body === undefined) this.map.delete(to);
        if (outcome === 'done' && body !== undefined)
          this.map.put(to, body, Headers.none, by === undefined ? {} : { operation: by });
        return Promise.resolve({ ...sent, outcome });
      },
    };
  }

  /**
   * The store's calls since the last time, with ids for the names of versions: `look` for
   * reading the object and the entries listed beside it at once, `begin` and `end` for
   * the note of an unfinished operation.
   */
  asked(): string[] {
    const calls = this.told.asked.splice(0).map((text) =>
      text
        .replace(`putNote ${NOTE} application/x-unfinished;hindsight_unfinished=`, 'begin ')
        .replace(`remove ${NOTE}`, 'end')
        .replaceAll(/versions\/(\S+)/g, (_, name: string) =>
          isNullIndexName(name) ? 'index' : (parseVersionName(name)?.id ?? name),
        ),
    );
    return calls
      .map((text, i) => (text === 'stat c/o' && calls[i + 1] === LISTED ? 'look c/o' : text))
      .filter((text) => text !== LISTED);
  }

  /** Those of the calls that change something. */
  changes(): string[] {
    return this.asked().filter((each) => !/^(stat|look|contentType|first)/.test(each));
  }

  /** The ids of all versions, the newest first. */
  ids(): string[] {
    return this.map
      .dump()
      .map(([key]) => key.split('\n'))
      .filter(
        ([, container, name = '']) =>
          container === VERSIONS && parseVersionName(name) !== undefined,
      )
      .map(([, , name = '']) => parseVersionName(name)?.id ?? '');
  }
}
