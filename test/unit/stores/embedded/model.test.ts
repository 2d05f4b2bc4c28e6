import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { openStorage } from '../../../../src/stores/embedded/storage/lmdb_storage';
import type {
  NewObject,
  ObjectRecord,
  Storage,
} from '../../../../src/stores/embedded/storage/storage';
import { bytesOf, findings, namesOf, receive } from '../../../support/stores/storage';
import { runs } from '../../../support/running/runs';
import { temporaryFolders } from '../../../support/running/temporary_folders';

const newFolder = temporaryFolders();

const containers = ['c', '\xff', '/'];
const names = ['o', 'o/', '\0', '\xfe\xff', 'long'.repeat(256)];

type Step =
  | {
      what: 'put';
      container: string;
      name: string;
      size: number;
      absent: boolean;
      listed: number | undefined;
    }
  | { what: 'copy'; container: string; name: string; from: [string, string] }
  | { what: 'post'; container: string; name: string; value: string; stale: boolean }
  | { what: 'delete'; container: string; name: string; stale: boolean }
  | { what: 'putContainer'; container: string }
  | { what: 'deleteContainer'; container: string }
  | { what: 'reopen' };

type ObjectStep = Exclude<Step, { what: 'putContainer' | 'deleteContainer' | 'reopen' }>;

const container = fc.constantFrom(...containers);
const name = fc.constantFrom(...names);
const size = fc.oneof(fc.nat(20), fc.constantFrom(32752, 32753, 60_000));
const someSteps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        what: fc.constant('put' as const),
        container,
        name,
        size,
        absent: fc.boolean(),
        listed: fc.option(fc.nat(9999), { nil: undefined }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        what: fc.constant('copy' as const),
        container,
        name,
        from: fc.tuple(container, name),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        what: fc.constant('post' as const),
        container,
        name,
        value: fc.string(),
        stale: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        what: fc.constant('delete' as const),
        container,
        name,
        stale: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        what: fc.constantFrom('putContainer' as const, 'deleteContainer' as const),
        container,
      }),
    },
    { weight: 1, arbitrary: fc.constant({ what: 'reopen' as const }) },
  ),
  { minLength: 10, maxLength: 60 },
);

/** The expected state of a storage: containers of objects, in memory. */
interface Expected {
  etag: string;
  size: number;
  value: string;
  listed: number | undefined;
  timestamp: string;
}

class Model {
  readonly containers = new Map<string, Map<string, Expected>>();

  constructor(
    public storage: Storage,
    readonly folder: string,
  ) {}

  async step(step: Step): Promise<void> {
    if (step.what === 'reopen') {
      await this.storage.close();
      this.storage = await openStorage(this.folder);
    } else if (step.what === 'putContainer') {
      expect(await this.storage.putContainer('a', step.container, {})).toBe(
        !this.containers.has(step.container),
      );
      if (!this.containers.has(step.container)) this.containers.set(step.container, new Map());
    } else if (step.what === 'deleteContainer') {
      const objects = this.containers.get(step.container);
      const right = objects === undefined ? 'missing' : objects.size > 0 ? 'not-empty' : 'deleted';
      expect(await this.storage.deleteContainer('a', step.container)).toBe(right);
      if (right === 'deleted') this.containers.delete(step.container);
    } else {
      await this.object(step);
    }
  }

  private async object(step: ObjectStep): Promise<void> {
    const at = ['a', step.container, step.name] as const;
    const objects = this.containers.get(step.container);
    const before = objects?.get(step.name);
    const condition =
      'stale' in step && step.stale ? { condition: { timestamp: '0000000001.00000' } } : {};
    const conflict =
      objects === undefined ? 'no-container' : before === undefined ? 'missing' : 'changed';
    if (step.what === 'delete') {
      const result = await this.storage.deleteObject(...at, condition.condition);
      if (before === undefined || step.stale) {
        expect(result).toBe(conflict);
        return;
      }
      this.same(result, before);
      objects?.delete(step.name);
    } else if (step.what === 'post') {
      const post = { attributes: { value: step.value }, contentType: '' };
      const result = await this.storage.postObject(...at, post, condition.condition);
      if (before === undefined || step.stale) {
        expect(result).toBe(conflict);
        return;
      }
      this.replace(step, { ...before, value: step.value }, result);
    } else {
      await this.put(step, at, before);
    }
  }

  private async put(
    step: Extract<Step, { what: 'put' | 'copy' }>,
    at: readonly [string, string, string],
    before: Expected | undefined,
  ): Promise<void> {
    const put = step.what === 'put' ? await this.newContent(step) : this.copied(step.from);
    if (put === undefined) return;
    const absent = step.what === 'put' && step.absent;
    const result = await this.storage.putObject(...at, put, absent ? { absent } : undefined);
    if (!this.containers.has(step.container)) {
      expect(result).toBe('no-container');
      return;
    }
    if (absent && before !== undefined) {
      expect(result).toBe('exists');
      return;
    }
    const { size, etag } = put.content;
    this.replace(
      step,
      { size, etag, value: '', listed: put.listed?.bytes, timestamp: before?.timestamp ?? '' },
      result,
    );
  }

  private async newContent(step: Extract<Step, { what: 'put' }>): Promise<NewObject> {
    const bytes = Buffer.alloc(step.size, `${step.name}${Math.random()}`);
    const content = await receive(this.storage, bytes);
    expect(content).toMatchObject({
      size: step.size,
      etag: createHash('md5').update(bytes).digest('hex'),
    });
    const listed = step.listed === undefined ? {} : { listed: { bytes: step.listed } };
    return { content, contentType: '', attributes: { value: '' }, ...listed };
  }

  private copied([container, name]: [string, string]): NewObject | undefined {
    const content = this.storage.object('a', container, name)?.content;
    expect(content === undefined).toBe(!this.containers.get(container)?.has(name));
    return content && { content, contentType: '', attributes: { value: '' } };
  }

  private replace(
    step: { container: string; name: string },
    after: Expected,
    result: ObjectRecord | string,
  ): void {
    if (typeof result === 'string') throw new Error(result);
    expect(result.timestamp > after.timestamp).toBe(true);
    this.containers.get(step.container)?.set(step.name, { ...after, timestamp: result.timestamp });
  }

  private same(result: ObjectRecord | string | undefined, right: Expected): void {
    const { etag, size, value, listed, timestamp } = right;
    expect(result).toMatchObject({ content: { etag, size }, attributes: { value }, timestamp });
    expect((result as ObjectRecord).listed?.bytes).toBe(listed);
  }

  /** Checks everything that a storage can return. */
  async check(): Promise<void> {
    let [objects, bytes] = [0, 0];
    for (const container of containers) {
      const right = this.containers.get(container) ?? new Map<string, Expected>();
      const page = this.storage.listObjects('a', container, { limit: 100 });
      expect(namesOf(page)).toEqual([...right.keys()].sort());
      const counted = [...right.values()].reduce((sum, { size }) => sum + size, 0);
      const record = this.storage.container('a', container);
      if (this.containers.has(container))
        expect(record).toMatchObject({ objects: right.size, bytes: counted });
      else expect(record).toBeUndefined();
      const opened = this.storage.open('a', container);
      expect(opened?.attributes).toEqual(record?.attributes);
      for (const [name, object] of right) {
        const stored = this.storage.object('a', container, name)!;
        this.same(stored, object);
        expect(opened?.object(name)).toEqual(stored);
        const read = await bytesOf(this.storage, stored.content);
        expect(createHash('md5').update(read).digest('hex')).toBe(object.etag);
      }
      objects += right.size;
      bytes += counted;
    }
    expect(this.storage.account('a')).toMatchObject({
      containers: this.containers.size,
      objects,
      bytes,
    });
  }
}

it('does what a simple model does, whatever happens to it', async () => {
  await fc.assert(
    fc.asyncProperty(someSteps, async (steps) => {
      const folder = await newFolder();
      const model = new Model(await openStorage(folder), folder);
      try {
        for (const container of ['c', '\xff'])
          await model.step({ what: 'putContainer', container });
        for (const step of steps) await model.step(step);
        await model.check();
      } finally {
        await model.storage.close();
      }
      expect(await findings(folder)).toEqual([]);
    }),
    { numRuns: runs(60) },
  );
});
