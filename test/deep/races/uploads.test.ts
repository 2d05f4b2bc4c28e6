import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { depth } from '../../support/running/depth';
import { swiftS3 } from '../../support/servers/s3_endpoint';
import { embeddedPlace, LAST, suiteUploads, type Place } from '../../support/clients/s3/uploads';
import { describeWithSwift } from '../../support/servers/swift';
import { serveConfiguration } from '../../support/servers/serve_configuration';

const ROUNDS = Number(process.env['UPLOAD_RACES'] ?? depth({ gate: 1, deep: 10 }));

describe('what is uploaded in parts, on the embedded store', () => suite(embeddedPlace));
describeWithSwift('what is uploaded in parts, in front of a Swift', ({ plain }) =>
  suite(() => serveConfiguration(swiftS3(plain))),
);

function suite(start: () => Promise<Place>): void {
  const uploads = suiteUploads(start);
  const { version, begin, part, complete, read, code } = uploads;

  it.each(['Enabled', 'Suspended', undefined] as const)(
    'is completed, or aborted and unchanged, if both are requested at once: versions %s',
    async (status) => {
      if (status) await version(status);
      for (let at = 0; at < ROUNDS; at++) {
        const before = Buffer.from(`before ${at}`);
        await uploads.s3.send(
          new PutObjectCommand({ Bucket: uploads.bucket, Key: 'raced', Body: before }),
        );
        const upload = await begin('raced');
        const parts = [await part(upload, 1, LAST)];
        const [done, aborted] = await Promise.all([
          code(complete(upload, parts)),
          code(uploads.s3.send(new AbortMultipartUploadCommand(upload))),
        ]);
        expect([done, aborted].filter((end) => end === 'done')).toHaveLength(1);
        expect([done, aborted]).toContain('NoSuchUpload');
        expect((await read('raced')).equals(done === 'done' ? LAST : before)).toBe(true);
        expect(await code(uploads.s3.send(new ListPartsCommand(upload)))).toBe('NoSuchUpload');
      }
    },
  );

  it('is whole, or gone, if it is completed twice and deleted at once', async () => {
    for (let at = 0; at < 2 * ROUNDS; at++) {
      const upload = await begin('raced');
      const parts = [await part(upload, 1, LAST)];
      const ends = await Promise.all([
        code(complete(upload, parts)),
        code(complete(upload, parts)),
        code(uploads.s3.send(new DeleteObjectCommand({ Bucket: uploads.bucket, Key: 'raced' }))),
      ]);
      expect(ends).toContain('done');
      expect(await code(read('raced'))).toMatch(/^(done|NoSuchKey)$/);
    }
  });

  it('is made by one of two if the object must not exist', async () => {
    // Swift checks If-None-Match when the write begins
    if (start !== embeddedPlace) await version('Enabled');
    for (let at = 0; at < ROUNDS; at++) {
      const uploads = [await begin(`raced ${at}`), await begin(`raced ${at}`)];
      const made = await Promise.all(
        uploads.map(async (each, nth) => ({
          each,
          parts: [await part(each, 1, Buffer.from(String(nth)))],
        })),
      );
      const ends = await Promise.all(
        made.map(({ each, parts }) => code(complete(each, parts, { IfNoneMatch: '*' }))),
      );
      expect(ends.toSorted()).toEqual(['PreconditionFailed', 'done']);
      expect((await read(`raced ${at}`)).toString()).toBe(String(ends.indexOf('done')));
    }
  });
}
