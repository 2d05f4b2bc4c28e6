import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { readJson, UnreadableJson } from '../../../src/formats/json';
import type { Client } from '../../support/clients/client';
import { mustBe, newContainer, put } from '../../support/clients/containers';
import { BOMS, encoded, ENCODINGS } from '../../support/clients/encodings';
import { runs } from '../../support/running/runs';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift, login } from '../../support/servers/swift';
import { newContainerWithIds } from '../../support/clients/with_ids';

/** Placeholders for paths: of an existing segment, and of a version. */
const [PART, VERSION] = ['PART', 'VERSION'];

/** Mostly a usual value. */
const rarely = (usual: fc.Arbitrary<string>, odd: fc.Arbitrary<string>, weight = 8) =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: odd });

const path = rarely(
  fc.constantFrom(PART, PART, VERSION, `//${VERSION}`, `/${PART}`),
  fc.constantFrom('', '/', '/c', 'c/\\u0000', '\\ud800/x', '\\ud83d\\ude00/x', '\\u002e'),
).map((text) => `"${text}"`);
const odd = fc.constantFrom(
  ...[
    '1',
    '1e0',
    '4.0',
    '-0',
    'NaN',
    '1e400',
    '123456789012345678901',
    'null',
    'true',
    '[]',
    '{}',
    '01',
    '""',
  ],
);
const named = rarely(
  fc.constantFrom('path', 'p\\u0061th'),
  fc.constantFrom('name', '__proto__'),
  12,
);
const segment = rarely(
  fc
    .tuple(
      fc.array(fc.tuple(named, rarely(path, odd, 12)), { minLength: 1, maxLength: 2 }),
      fc.array(fc.tuple(fc.constantFrom('size_bytes', 'etag', 'range', 'data', 'x'), odd), {
        maxLength: 1,
      }),
      fc.boolean(),
    )
    .map(([paths, others, isPlain]) => (isPlain ? paths : [...paths, ...others]))
    .map((members) => `{${members.map(([name, of]) => `"${name}": ${of}`).join(', ')}}`),
  odd,
  20,
);
const text = fc
  .tuple(
    rarely(fc.constantFrom('', ' ', '\n'), fc.constantFrom('\u00a0', '\u0000', ','), 15),
    fc.array(segment, { minLength: 1, maxLength: 3 }).map((all) => `[${all.join(', ')}]`),
    rarely(fc.constantFrom('', '\t', '\r\n'), fc.constantFrom(' x', ',', '\u0000', '[]'), 15),
  )
  .map((parts) => parts.join(''));

/** A byte to put into a document, and its offset as a part of the length. */
const wrong = fc.oneof(
  { weight: 8, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.tuple(fc.nat(999), fc.constantFrom(0xff, 0xc0, 0xed, 0)) },
);

/** Texts in all encodings, with and without byte order marks, and with invalid bytes. */
const document = fc
  .record({
    text,
    encoding: fc.oneof(fc.constant('utf-8' as const), fc.constantFrom(...ENCODINGS)),
    isMarked: fc.oneof(
      { weight: 3, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
    wrong,
  })
  .map(({ text, encoding, isMarked, wrong }) => (fill: (text: string) => string) => {
    const mark = BOMS.find(([name]) => name === encoding)?.[1];
    const bytes = encoded(fill(text), encoding);
    const whole = isMarked && mark ? Buffer.concat([mark, bytes]) : bytes;
    if (wrong === undefined) return whole;
    const at = Math.floor((wrong[0] / 1000) * whole.length);
    return Buffer.concat([whole.subarray(0, at), Buffer.from([wrong[1]]), whole.subarray(at)]);
  });

/** Returns what Python reads of each document; undefined if it refuses it. */
function readByPython(documents: readonly Buffer[]): unknown[] {
  const program = `
import base64, json, math, sys
def plain(value):
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [plain(each) for each in value]
    return {name: plain(each) for name, each in value.items()} if isinstance(value, dict) else value
def read(document):
    try:
        return [plain(json.loads(base64.b64decode(document)))]
    except ValueError:
        return []
print(json.dumps([read(each) for each in json.load(sys.stdin)]))`;
  const input = JSON.stringify(documents.map((each) => each.toString('base64')));
  const output = execFileSync('python3', ['-c', program], {
    input,
    maxBuffer: 1024 ** 3,
    encoding: 'utf8',
  });
  return (JSON.parse(output) as unknown[][]).map(([read]) => read);
}

const UNREADABLE = Symbol('unreadable');

function readByUs(bytes: Buffer): unknown {
  try {
    return readJson(bytes);
  } catch (error) {
    if (error instanceof UnreadableJson) return UNREADABLE;
    throw error;
  }
}

describeWithSwift('manifests in odd forms', ({ plain }) => {
  const proxy = suiteProxy(plain, { filter: 'allow_object_versioning = true' });

  it('are read as Python reads them, or refused', () => {
    const documents = fc
      .sample(document, { seed: 7, numRuns: 3000 })
      .map((make) => make((text) => text.replaceAll(PART, '/c/é').replaceAll(VERSION, '/.h/o')));
    const byPython = readByPython(documents);
    let understood = 0;
    let refused = 0;
    documents.forEach((bytes, i) => {
      const ours = readByUs(bytes);
      if (ours === UNREADABLE) {
        if (byPython[i] !== undefined) refused++;
        return;
      }
      understood++;
      // as JSON: numbers beyond doubles become null in both
      expect(JSON.stringify([bytes.toString('latin1'), byPython[i]])).toBe(
        JSON.stringify([bytes.toString('latin1'), ours]),
      );
    });
    expect([understood > 500, refused > 500]).toEqual([true, true]);
  });

  it('that Swift understands, the proxy understands alike, or refuses', async () => {
    const [client, direct] = [await proxy.login('tester'), await login(plain, 'tester')];
    const versioned = await newContainerWithIds(client);
    await put(client, versioned, 'object', 'one');
    const hidden = `.hindsight-versions-${versioned}`;
    const [name = ''] = await direct.names(hidden);
    const container = await newContainer(client);
    await put(client, container, 'part', 'part');
    const escaped = JSON.stringify(`/${hidden}/${name}`).slice(1, -1);
    const fill = (text: string) =>
      text.replaceAll(VERSION, escaped).replaceAll(PART, `/${container}/part`);
    const counts = { both: 0, refused: 0, hidden: 0 };
    await fc.assert(
      fc.asyncProperty(document, async (make) => {
        const body = make(fill);
        const atSwift = await storedManifest(direct, container, 'direct', body);
        const ours = await storedManifest(client, container, 'ours', body);
        if (ours === undefined) {
          if (atSwift) counts.refused++;
          if (atSwift?.includes(hidden)) counts.hidden++;
          return;
        }
        counts.both++;
        expect(ours).toBe(atSwift);
        expect(ours).not.toContain(hidden);
      }),
      { numRuns: runs(1000), seed: 16 },
    );
    expect([counts.both > 0, counts.refused > 5, counts.hidden > 5]).toEqual([true, true, true]);
  });
});

/** Returns the manifest that the store made of a document; undefined if it refused it. */
async function storedManifest(
  client: Client,
  container: string,
  object: string,
  body: Buffer,
): Promise<string | undefined> {
  const path = `/${container}/${object}`;
  const { status } = await client.ask('PUT', `${path}?multipart-manifest=put`, {}, body);
  expect([201, 400, 500]).toContain(status);
  if (status !== 201) return undefined;
  const { body: stored } = await mustBe(200, client.ask('GET', `${path}?multipart-manifest=get`));
  return stored.toString();
}
