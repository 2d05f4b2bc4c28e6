import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  archivePrefix,
  MODE_HEADER,
  MODES,
  uniqueName,
  type Mode,
} from '../../support/clients/containers';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift } from '../../support/servers/swift';
import { describeWithSwiftCli, swiftCli } from '../../support/clients/swift_cli';
import { partOf, someOf } from '../../support/running/depth';

const MIB = 1024 * 1024;
const OBJECT = 'reports/2024 – Größe.txt';
const MARKER = 'application/x-deleted;swift_versions_deleted=1';

/** A quarter of the tests in the gate. */
const it = someOf(4);

describeWithSwiftCli(() => {
  describeWithSwift('through Hindsight', ({ plain }) => {
    let folder = '';
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'hindsight-cli-'));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    describe.each(
      partOf(
        [
          // the command is slow, and for a manifest it does not matter whose token
          // archives
          ['a service user', suiteProxy(plain), true],
          ["the client's token", suiteProxy(plain, { service: false }), false],
        ],
        { oneOf: 2 },
      ),
    )('archiving with %s', (_, proxy, withLargeObjects) => {
      let times = 0;

      /** Makes a versioned container, and returns what the command is used for. */
      async function begin(mode: Mode) {
        const swift = swiftCli(proxy.url, 'tester', folder);
        const container = uniqueName(mode);
        const archive = uniqueName('archive');
        await swift('post', archive);
        await swift('post', '-H', `${MODE_HEADER[mode]}: ${archive}`, container);
        const lines = (text: string) => text.split('\n').filter(Boolean);
        return {
          swift,
          container,
          archive,
          upload: async (body: string | Buffer, ...options: string[]) => {
            writeFileSync(join(folder, 'file'), body);
            // segment names contain the file's time: no two files may have the same
            const time = 1_600_000_000 + times++;
            utimesSync(join(folder, 'file'), time, time);
            return swift('upload', ...options, '--object-name', OBJECT, container, 'file');
          },
          download: async (from: string, name: string) => {
            await swift('download', '-o', join(folder, 'back'), from, name);
            return readFileSync(join(folder, 'back'));
          },
          remove: (...options: string[]) => swift('delete', ...options, container, OBJECT),
          archived: async () => lines(await swift('list', archive)),
          list: async (of: string) => lines(await swift('list', of)),
        };
      }

      it.each(MODES)(
        'uploads versions, finds them in the archive and shows the setting (%s)',
        async (mode) => {
          const { swift, container, archive, upload, download, archived } = await begin(mode);
          for (const body of ['one', 'two', 'three']) await upload(body);
          expect((await download(container, OBJECT)).toString()).toBe('three');
          const names = await archived();
          expect(names).toHaveLength(2);
          for (const [i, name] of names.entries()) {
            expect(name.startsWith(archivePrefix(OBJECT))).toBe(true);
            expect((await download(archive, name)).toString()).toBe(['one', 'two'][i]);
          }
          expect((await swift('stat', container)).toLowerCase()).toContain(
            `${MODE_HEADER[mode].toLowerCase()}: ${archive}`,
          );
        },
      );

      it('restores by deleting, version by version, in stack mode', async () => {
        const { container, upload, download, remove, archived, list } = await begin('stack');
        for (const body of ['one', 'two', 'three']) await upload(body);
        for (const body of ['two', 'one']) {
          await remove();
          expect((await download(container, OBJECT)).toString()).toBe(body);
        }
        expect(await archived()).toEqual([]);
        await remove();
        expect(await list(container)).toEqual([]);
      });

      it('restores from the archive in history mode, by copy and by download and upload', async () => {
        const { swift, container, archive, upload, download, remove, archived, list } =
          await begin('history');
        await upload('one');
        await upload('two');
        await remove();
        expect(await list(container)).toEqual([]);
        const [one = '', two = '', marker = ''] = await archived();
        expect(await swift('stat', archive, marker)).toContain(`Content Type: ${MARKER}`);

        await swift('copy', '-d', `/${container}/${OBJECT}`, archive, one);
        expect((await download(container, OBJECT)).toString()).toBe('one');
        await upload(await download(archive, two));
        expect((await download(container, OBJECT)).toString()).toBe('two');
        // the upload archived what the copy had restored
        const names = await archived();
        expect(names).toHaveLength(4);
        expect((await download(archive, names[3] ?? '')).toString()).toBe('one');

        await swift('delete', archive, one, two, marker);
        expect(await archived()).toEqual([names[3]]);
      });

      if (!withLargeObjects) return;
      describe.each([
        ['a dynamic large object', []],
        ['a static large object', ['--use-slo']],
      ])('%s', (_kind, options) => {
        // without --leave-segments the command itself deletes the segments of what it
        // overwrites, even if their manifest is archived
        const keeping = ['--leave-segments'];
        const large = ['--segment-size', String(MIB), ...keeping, ...options];
        const big = Buffer.alloc(3.5 * MIB, 'the first large body, ');
        const other = Buffer.alloc(2.5 * MIB, 'another one, ');
        const hash = (body: Buffer) => createHash('sha256').update(body).digest('hex');

        it.each(MODES)(
          'is a version like any other and is read from the archive (%s)',
          async (mode) => {
            const { swift, container, archive, upload, download, archived } = await begin(mode);
            await upload('small');
            await upload(big, ...large);
            await upload(other, ...large);
            await upload('small again', ...keeping);
            const [small = '', first = '', second = ''] = await archived();
            expect((await download(archive, small)).toString()).toBe('small');
            expect(hash(await download(archive, first))).toBe(hash(big));
            expect(hash(await download(archive, second))).toBe(hash(other));
            // only the manifests were archived, not the segments' bytes
            const kind = options.length > 0 ? 'X-Static-Large-Object: True' : 'Manifest: ';
            expect(await swift('stat', archive, first)).toContain(kind);
            expect((await download(container, OBJECT)).toString()).toBe('small again');
          },
        );

        it('comes back by DELETE in stack mode', async () => {
          const { container, upload, download, remove, archived } = await begin('stack');
          await upload(big, ...large);
          await upload(other, ...large);
          await upload('small', ...keeping);
          await remove('--leave-segments');
          expect(hash(await download(container, OBJECT))).toBe(hash(other));
          await remove('--leave-segments');
          expect(hash(await download(container, OBJECT))).toBe(hash(big));
          expect(await archived()).toEqual([]);
        });

        it('is deleted with its segments, and the version before comes back whole, in stack mode', async () => {
          const { container, upload, download, remove, archived, list } = await begin('stack');
          await upload(big, ...large);
          await upload(other, ...large);
          expect(await list(`${container}_segments`)).toHaveLength(7);
          await remove();
          expect(hash(await download(container, OBJECT))).toBe(hash(big));
          expect(await archived()).toEqual([]);
          expect(await list(`${container}_segments`)).toHaveLength(4);
          await remove();
          expect(await list(container)).toEqual([]);
          expect(await list(`${container}_segments`)).toEqual([]);
        });
      });
    });
  });
});
