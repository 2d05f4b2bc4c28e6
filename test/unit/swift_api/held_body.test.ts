import { Readable } from 'node:stream';
import { statusResponse } from '../../../src/swift_api/responses';
import { BodyMemory, BodyMemoryFull } from '../../../src/http/body_memory';
import { Headers } from '../../../src/http/headers';
import { atMost, holdBody, type HeldBody } from '../../../src/swift_api/held_body';
import { manifestBounds, DEFAULT_LIMITS } from '../../../src/swift_api/manifest_bounds';
import type { Response } from '../../../src/swift_api/message';

const KIB = 1024;
const MIB = 1024 * KIB;

/** A body that counts how much of it was read. */
function body(chunks: Iterable<Buffer>) {
  const read = { bytes: 0, chunks: 0 };
  const generate = function* () {
    for (const chunk of chunks) {
      read.bytes += chunk.length;
      read.chunks++;
      yield chunk;
    }
  };
  return { read, stream: Readable.from(generate(), { objectMode: false, highWaterMark: 1 }) };
}

function* endless(chunk: Buffer): Generator<Buffer> {
  for (;;) yield chunk;
}

const holding = (more: Partial<HeldBody> = {}): HeldBody => ({
  account: 'a',
  right: () => Promise.resolve(undefined),
  bounds: atMost(MIB, () => statusResponse(413)),
  ...more,
});

const statusOf = (held: Buffer | Response) => ('status' in held ? held.status : held.length);

describe('a body that is held as a whole', () => {
  it('is neither read nor requested before the right is established', async () => {
    const { stream, read } = body(endless(Buffer.alloc(KIB)));
    const sendContinue = jest.fn();
    const right = () => Promise.resolve(statusResponse(401));
    const held = await holdBody(
      { body: stream, headers: Headers.none, sendContinue },
      holding({ right }),
    );
    expect([statusOf(held), read.bytes]).toEqual([401, 0]);
    expect(sendContinue).not.toHaveBeenCalled();
    stream.destroy();
  });

  it('is refused by the length that is announced, before anything else', async () => {
    const { stream, read } = body([Buffer.alloc(1)]);
    const right = jest.fn(() => Promise.resolve(statusResponse(401)));
    const headers = Headers.of({ 'Content-Length': String(MIB + 1) });
    expect(statusOf(await holdBody({ body: stream, headers }, holding({ right })))).toBe(413);
    expect(right).not.toHaveBeenCalled();
    expect(read.bytes).toBe(0);
  });

  it('is refused as soon as it is too long, and then counts for nothing', async () => {
    const memory = new BodyMemory();
    const exchange = memory.newExchange();
    const { stream, read } = body(endless(Buffer.alloc(64 * KIB)));
    const asked = { body: stream, headers: Headers.none, memory: exchange };
    expect(statusOf(await holdBody(asked, holding()))).toBe(413);
    expect(read.bytes).toBeLessThanOrEqual(MIB + 3 * 64 * KIB);
    expect(memory.held).toBe(0);
  });

  it('counts what it takes, and is refused with the memory full, not kept', async () => {
    const memory = new BodyMemory(MIB);
    const exchange = memory.newExchange();
    const { stream } = body(endless(Buffer.alloc(16 * KIB)));
    const asked = { body: stream, headers: Headers.none, memory: exchange };
    await expect(holdBody(asked, holding())).rejects.toThrow(BodyMemoryFull);
    expect(memory.held).toBeLessThanOrEqual(MIB / 4);
    exchange.release();
    expect(memory.held).toBe(0);
  });

  it('takes no more memory for coming byte by byte', async () => {
    const memory = new BodyMemory();
    const bytes = Array.from({ length: 20_000 }, (_, i) => Buffer.from([i % 256]));
    const { stream } = body(bytes);
    const held = await holdBody(
      { body: stream, headers: Headers.none, memory: memory.newExchange() },
      holding(),
    );
    expect(held).toEqual(Buffer.concat(bytes));
    expect((held as Buffer).buffer.byteLength).toBeLessThan(64 * KIB);
    expect(memory.held).toBe((held as Buffer).buffer.byteLength);
  });

  it('that was held before is not asked about again', async () => {
    const right = jest.fn(() => Promise.resolve(statusResponse(401)));
    const given = Buffer.from('x');
    expect(await holdBody({ body: given, headers: Headers.none }, holding({ right }))).toBe(given);
    expect(right).not.toHaveBeenCalled();
  });
});

describe('a manifest', () => {
  const SEGMENT = '{"path": "/c/o"},';
  const told = (limits: Partial<typeof DEFAULT_LIMITS>) => {
    const asked = jest.fn(() => Promise.resolve({ ...DEFAULT_LIMITS, ...limits }));
    return { asked, bounds: manifestBounds(asked) };
  };
  const read = async (text: Iterable<string>, limits: Partial<typeof DEFAULT_LIMITS> = {}) => {
    const { asked, bounds } = told(limits);
    const chunks = function* () {
      for (const each of text) yield Buffer.from(each);
    };
    const source = body(chunks());
    const held = await holdBody(
      { body: source.stream, headers: Headers.none },
      holding({ bounds }),
    );
    return { held, read: source.read, asked };
  };

  it('is refused with the first segment that is too many, however long it is', async () => {
    const { held, read: seen } = await read(
      (function* () {
        yield '[';
        for (;;) yield SEGMENT;
      })(),
    );
    expect(statusOf(held)).toBe(413);
    expect('status' in held && (held.body as Buffer).toString()).toBe(
      'Number of object-backed segments must be <= 1000',
    );
    expect(seen.chunks).toBeLessThan(1010);
  });

  it('may have as many segments and bytes as the store allows, which is asked only beyond the usual limits', async () => {
    const text = (count: number) => [`[${SEGMENT.repeat(count)}{"data": "YQ=="}]`];
    const usual = await read(text(1000));
    expect([statusOf(usual.held), usual.asked.mock.calls.length]).toEqual([
      text(1000)[0]?.length,
      0,
    ]);
    expect(statusOf((await read(text(2000), { segments: 2000 })).held)).toBe(text(2000)[0]?.length);
    expect(statusOf((await read(text(2001), { segments: 2000 })).held)).toBe(413);
    const long = ['x'.repeat(9 * MIB)];
    expect(statusOf((await read(long)).held)).toBe(413);
    expect(statusOf((await read(long, { bytes: 10 * MIB })).held)).toBe(9 * MIB);
  });

  it('has only those segments that are objects with a path', async () => {
    const others = [
      '["path", "path"],',
      '{"a": {"path": 1}},',
      '{"a": "path"},',
      '"path",',
      '{"\\"path": 1},',
    ];
    const { held } = await read([
      `[${others.join('').repeat(1000)}{"path": "\\"path\\"", "path": ""}]`,
    ]);
    expect('status' in held).toBe(false);
  });
});
