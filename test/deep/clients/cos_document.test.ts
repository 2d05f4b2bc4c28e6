import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { depth } from '../../support/running/depth';
import { cosSender } from '../../support/clients/dialects/signed';
import type { Asked } from '../../support/clients/dialects/xml_speaker';
import type { Answer } from '../../support/clients/client';
import { APPID } from '../../support/clients/cos/sdk';
import { STORES_OF_DEPTH, describeOurs } from '../../support/servers/s3_endpoint';
import { all, parseXml, textOf, type Element } from '../../support/clients/s3/xml';

const EXAMPLE = parseXml(readFileSync(join(__dirname, '../../captures/cos-versions.xml')));
const [KIB, MIB] = [1024, 1024 * 1024];

/** Bytes of the example's objects; those of megabytes are uploaded in parts of 1 MiB. */
const SIZES: Readonly<Record<string, number>> = {
  '100K.txt': 100 * KIB + 1,
  '25K.txt': 25 * KIB + 1,
  '25M.txt': 25 * MIB + 1,
  ...depth({ gate: {}, deep: { '100M.txt': 100 * MIB + 1, '1204M.txt': 1204 * MIB + 1 } }),
};
const LONG = depth({ gate: 60_000, deep: 1_200_000 });

/** Builds and requests the example of COS's "GET Bucket Object Versions" (436/35521). */
describeOurs(
  "COS's document of GET Bucket Object Versions",
  (store) => {
    // the example has the capital letter
    const bucket = `exampleBucket${process.pid}${Date.now()}-${APPID}`;
    let send: (request: Asked) => Promise<Answer>;

    const must = async (status: number, request: Asked): Promise<Answer> => {
      const answer = await send(request);
      if (answer.status === status) return answer;
      throw new Error(
        `${request.method} ${request.key ?? ''}: ${answer.status} ${answer.body.toString()}`,
      );
    };

    async function put(key: string): Promise<void> {
      const size = SIZES[key] ?? 0;
      if (size <= MIB) await must(200, { method: 'PUT', key, body: randomBytes(size) });
      else await upload(key, size);
    }

    async function upload(key: string, size: number): Promise<void> {
      const initiation = await must(200, { method: 'POST', key, query: { uploads: '' } });
      const uploadId = textOf(parseXml(initiation.body), 'UploadId');
      const whole = randomBytes(MIB);
      const parts: string[] = [];
      for (let number = 1, left = size; left > 0; number++, left -= MIB) {
        const request = {
          key,
          query: { partNumber: number, uploadId },
          body: whole.subarray(0, left),
        };
        const { headers } = await must(200, { method: 'PUT', ...request });
        parts.push(
          `<Part><PartNumber>${number}</PartNumber><ETag>${headers.get('etag')}</ETag></Part>`,
        );
      }
      const body = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;
      await must(200, { method: 'POST', key, query: { uploadId }, body });
    }

    beforeAll(async () => {
      send = cosSender(store.endpoint, bucket);
      await must(200, { method: 'PUT' });
      for (const key of Object.keys(SIZES)) await put(key);
      const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
      await must(200, { method: 'PUT', query: { versioning: '' }, body });
      for (const key of Object.keys(SIZES)) if (key !== '1204M.txt') await put(key);
      await must(204, { method: 'DELETE', key: '100K.txt' });
    }, LONG);

    it('the example comes back, node by node and byte for byte but for ids, times and hashes', async () => {
      const answer = await must(200, { method: 'GET', query: { versions: '' } });
      const expected = serialize(EXAMPLE, (element) => isThere(element))
        .replace('exampleBucket-1250000000', bucket)
        .replaceAll('&quot;', '"');
      const ours = serialize(
        parseXml(answer.body),
        ({ name }) => !['ID', 'DisplayName'].includes(name),
      );
      expect(ours).toBe(expected);
      expect(answer.body.toString()).toContain('<ETag>&quot;');
    });

    it('an answer has the headers that the example has', async () => {
      const { headers, body } = await must(200, { method: 'GET', query: { versions: '' } });
      expect(headers.get('content-type')).toBe('application/xml');
      expect(headers.get('content-length')).toBe(String(body.length));
      expect(headers.get('server')).toBe('tencent-cos');
      expect(headers.get('x-cos-request-id')).toMatch(/^tx/);
      expect(headers.get('date')).toMatch(/ GMT$/);
      expect(headers.has('connection')).toBe(true);
      const refused = await send({ method: 'GET', key: 'missing' });
      expect([refused.status, refused.headers.get('server')]).toEqual([404, 'tencent-cos']);
    });

    it('UID is the APPID of the bucket, in each answer that has an owner', async () => {
      const key = 'begun.txt';
      const initiation = await must(200, { method: 'POST', key, query: { uploads: '' } });
      const uploadId = textOf(parseXml(initiation.body), 'UploadId');
      const answers = [
        await must(200, { method: 'GET' }),
        await must(200, { method: 'GET', query: { versions: '' } }),
        await must(200, { method: 'GET', query: { uploads: '' } }),
        await must(200, { method: 'GET', key, query: { uploadId } }),
        await must(200, { method: 'GET', query: { acl: '' } }),
        await must(200, { method: 'GET', key: '25K.txt', query: { acl: '' } }),
      ];
      await must(204, { method: 'DELETE', key, query: { uploadId } });
      const shown = answers.map(({ body }) => {
        const owners = within(parseXml(body)).filter(
          ({ children }) => all({ children } as Element, 'UID')[0],
        );
        return [...new Set(owners.map((each) => children(each)))];
      });
      const owner = `UID ${APPID}, ID test:tester, DisplayName test:tester`;
      expect(shown).toEqual(answers.map(() => [owner]));
    });

    it('parts have 1 MiB at least, and the last may have less', async () => {
      const key = 'small parts';
      const initiation = await must(200, { method: 'POST', key, query: { uploads: '' } });
      const uploadId = textOf(parseXml(initiation.body), 'UploadId');
      const parts: string[] = [];
      for (const [number, size] of [
        [1, MIB - 1],
        [2, 1],
      ] as const) {
        const request = { key, query: { partNumber: number, uploadId }, body: randomBytes(size) };
        const { headers } = await must(200, { method: 'PUT', ...request });
        parts.push(
          `<Part><PartNumber>${number}</PartNumber><ETag>${headers.get('etag')}</ETag></Part>`,
        );
      }
      const body = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;
      const refused = await must(400, { method: 'POST', key, query: { uploadId }, body });
      const error = parseXml(refused.body);
      expect([textOf(error, 'Code'), textOf(error, 'MinSizeAllowed')]).toEqual([
        'EntityTooSmall',
        String(MIB),
      ]);
      await must(204, { method: 'DELETE', key, query: { uploadId } });
    });
  },
  STORES_OF_DEPTH,
);

/** Whether a node of the example belongs to an object that was written. */
function isThere(element: Element): boolean {
  const key = ['Version', 'DeleteMarker'].includes(element.name)
    ? textOf(element, 'Key')
    : undefined;
  return key === undefined || key in SIZES;
}

/** Returns a document as text, without store-specific values: ids, times and hashes. */
function serialize(element: Element, keeps: (element: Element) => boolean): string {
  const { name, children: inner, text } = element;
  const content =
    inner.length > 0
      ? inner.filter(keeps).map((each) => serialize(each, keeps))
      : [normalizedText(element)];
  return `<${name}>${content.join('') || text.trim()}</${name}>`;
}

function normalizedText({ name, text }: Element): string {
  const content = text.trim();
  if (name === 'LastModified') return content.replace(/\d/g, '0');
  if (name === 'ETag') return content.replace(/[0-9a-f]{32}/, 'hash');
  return name === 'VersionId' && content !== 'null' && content !== '' ? 'id' : content;
}

/** Returns all elements of a document, including its root. */
function within(element: Element): readonly Element[] {
  return [element, ...element.children.flatMap(within)];
}

const children = (element: Element): string =>
  element.children.map(({ name, text }) => `${name} ${text}`).join(', ');
