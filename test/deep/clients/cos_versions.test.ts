import type COS from 'cos-nodejs-sdk-v5';
import {
  cosAt,
  failureOf,
  newCosBucket,
  setCosVersions,
  type At,
} from '../../support/clients/cos/sdk';
import { STORES_OF_DEPTH, describeOurs } from '../../support/servers/s3_endpoint';

/** A common prefix of a listing. */
interface Prefix {
  readonly Prefix: string;
}

/** A version or a delete marker as a listing shows it. */
type Listed = readonly [key: string, id: string, latest: string, kind: 'version' | 'marker'];

describeOurs(
  'versions through cos-nodejs-sdk-v5',
  (store) => {
    let cos: COS;
    beforeAll(() => {
      cos = cosAt(store.endpoint);
    });

    const put = async (at: At, Key: string, Body: string): Promise<string> =>
      idIn(await cos.putObject({ ...at, Key, Body }));
    const get = async (at: At, Key: string, VersionId?: string): Promise<string> =>
      (await cos.getObject({ ...at, Key, ...(VersionId ? { VersionId } : {}) })).Body.toString();
    /** The SDK's types lack the version id. */
    const headOf = (at: At, VersionId: string): Promise<COS.HeadObjectResult> => {
      const params = { ...at, Key: 'o', VersionId };
      return cos.headObject(params);
    };
    const statusOf = async (at: At): Promise<string> => {
      const { VersioningConfiguration } = await cos.getBucketVersioning(at);
      return String(Reflect.get(Object(VersioningConfiguration) as object, 'Status'));
    };
    const listed = async (at: At): Promise<Listed[]> => {
      const { Versions, DeleteMarkers } = await cos.listObjectVersions(at);
      return [
        ...Versions.map((each): Listed => [each.Key, each.VersionId, each.IsLatest, 'version']),
        ...DeleteMarkers.map((each): Listed => [each.Key, each.VersionId, each.IsLatest, 'marker']),
      ];
    };
    const remove = async (at: At, Key: string, VersionId?: string) => {
      const result = await cos.deleteObject({ ...at, Key, ...(VersionId ? { VersionId } : {}) });
      const isMarker = result.headers?.['x-cos-delete-marker'] as string | undefined;
      return { id: idIn(result), isMarker, status: result.statusCode };
    };

    test('a bucket has none, enables and suspends them', async () => {
      const at = await newCosBucket(cos);
      expect(await statusOf(at)).toBe('undefined');
      await setCosVersions(cos, at, 'Enabled');
      expect(await statusOf(at)).toBe('Enabled');
      await setCosVersions(cos, at, 'Suspended');
      expect(await statusOf(at)).toBe('Suspended');
      const wrong = cos.putBucketVersioning({
        ...at,
        VersioningConfiguration: { Status: 'Off' as 'Enabled' },
      });
      expect(await failureOf(wrong)).toMatchObject({ statusCode: 400, code: 'MalformedXML' });
    });

    test('an object without versions has an empty id, and null once there are versions', async () => {
      const at = await newCosBucket(cos);
      const { headers } = await cos.putObject({ ...at, Key: 'o', Body: 'before' });
      expect(headers).not.toHaveProperty('x-cos-version-id');
      expect(await listed(at)).toEqual([['o', '', 'true', 'version']]);
      await setCosVersions(cos, at, 'Enabled');
      expect(await listed(at)).toEqual([['o', 'null', 'true', 'version']]);
      const id = await put(at, 'o', 'after');
      expect(id).toMatch(/^[A-Za-z0-9._-]+$/);
      expect(await listed(at)).toEqual([
        ['o', id, 'true', 'version'],
        ['o', 'null', 'false', 'version'],
      ]);
      expect([await get(at, 'o'), await get(at, 'o', id), await get(at, 'o', 'null')]).toEqual([
        'after',
        'after',
        'before',
      ]);
      const head = await headOf(at, 'null');
      expect(head.headers?.['x-cos-version-id']).toBe('null');
    });

    test('a delete leaves a marker, and a version deleted by its id is gone', async () => {
      const at = await newCosBucket(cos, 'Enabled');
      const [one, two] = [await put(at, 'o', '1'), await put(at, 'o', '2')];
      const marker = await remove(at, 'o');
      expect(marker).toEqual({ id: expect.any(String) as string, isMarker: 'true', status: 204 });
      const gone = await failureOf(cos.getObject({ ...at, Key: 'o' }));
      expect([gone.statusCode, gone.code]).toEqual([404, 'NoSuchKey']);
      expect(gone.headers).toMatchObject({
        'x-cos-delete-marker': 'true',
        'x-cos-version-id': marker.id,
      });
      expect(await remove(at, 'o', two)).toEqual({ id: two, isMarker: undefined, status: 204 });
      expect(await remove(at, 'o', marker.id)).toEqual({
        id: marker.id,
        isMarker: 'true',
        status: 204,
      });
      expect([await get(at, 'o'), await listed(at)]).toEqual([
        '1',
        [['o', one, 'true', 'version']],
      ]);
      expect(await failureOf(cos.getObject({ ...at, Key: 'o', VersionId: two }))).toMatchObject({
        statusCode: 404,
        code: 'NoSuchVersion',
      });
    });

    test('a delete marker requested by its id is not found', async () => {
      const at = await newCosBucket(cos, 'Enabled');
      await put(at, 'o', '1');
      const { id: VersionId } = await remove(at, 'o');
      const read = await failureOf(cos.getObject({ ...at, Key: 'o', VersionId }));
      expect([read.statusCode, read.code]).toEqual([404, 'NoSuchKey']);
      expect(read.headers).toMatchObject({
        'x-cos-delete-marker': 'true',
        'x-cos-version-id': VersionId,
      });
      expect(read.headers).not.toHaveProperty('allow');
      const head = await failureOf(headOf(at, VersionId));
      expect([head.statusCode, head.headers['x-cos-delete-marker']]).toEqual([404, 'true']);
    });

    test('while they are suspended the null version is replaced', async () => {
      const at = await newCosBucket(cos, 'Enabled');
      const id = await put(at, 'o', '1');
      await setCosVersions(cos, at, 'Suspended');
      await put(at, 'o', '2');
      await put(at, 'o', '3');
      expect(await listed(at)).toEqual([
        ['o', 'null', 'true', 'version'],
        ['o', id, 'false', 'version'],
      ]);
      expect(await remove(at, 'o')).toEqual({ id: 'null', isMarker: 'true', status: 204 });
      expect(await listed(at)).toEqual([
        ['o', id, 'false', 'version'],
        ['o', 'null', 'true', 'marker'],
      ]);
    });

    test('a version is copied, and so restored; both ids are returned', async () => {
      const at = await newCosBucket(cos, 'Enabled');
      const one = await put(at, 'dir/o é', '1');
      await put(at, 'dir/o é', '2');
      const CopySource = `${at.Bucket}.cos.${at.Region}.myqcloud.com/dir/o%20%C3%A9?versionId=${one}`;
      const copied = await cos.putObjectCopy({ ...at, Key: 'dir/o é', CopySource });
      const inDocument = (copied as { VersionId?: string }).VersionId;
      expect(copied.headers).toMatchObject({
        'x-cos-copy-source-version-id': one,
        'x-cos-version-id': inDocument,
      });
      expect(await get(at, 'dir/o é')).toBe('1');
      expect((await listed(at))[0]).toEqual(['dir/o é', inDocument, 'true', 'version']);
      const marker = await remove(at, 'dir/o é');
      const ofMarker = CopySource.replace(one, marker.id);
      expect(
        await failureOf(cos.putObjectCopy({ ...at, Key: 'x', CopySource: ofMarker })),
      ).toMatchObject({
        statusCode: 400,
        code: 'InvalidRequest',
      });
    });

    test('many are deleted at once, by their ids or not', async () => {
      const at = await newCosBucket(cos, 'Enabled');
      const [a, b] = [await put(at, 'a', '1'), await put(at, 'b', '1')];
      const { id: marker } = await remove(at, 'b');
      const { Deleted, Error } = await cos.deleteMultipleObject({
        ...at,
        Objects: [
          { Key: 'a' },
          { Key: 'b', VersionId: marker },
          { Key: 'b', VersionId: b },
          { Key: 'c', VersionId: 'nonsense' },
        ],
      });
      const [first, second, third] = Deleted as unknown as Record<string, string>[];
      expect(first).toEqual({
        Key: 'a',
        DeleteMarker: 'true',
        DeleteMarkerVersionId: expect.any(String) as string,
      });
      expect(second).toEqual({
        Key: 'b',
        VersionId: marker,
        DeleteMarker: 'true',
        DeleteMarkerVersionId: marker,
      });
      expect(third).toEqual({ Key: 'b', VersionId: b });
      expect(Error).toMatchObject([{ Key: 'c', VersionId: 'nonsense', Code: 'InvalidArgument' }]);
      expect(await listed(at)).toEqual([
        ['a', a, 'false', 'version'],
        ['a', first?.['DeleteMarkerVersionId'], 'true', 'marker'],
      ]);
    });

    test.each([
      ['by each kind of marker', {}],
      ['folded', { Delimiter: '/' }],
      ['below a prefix', { Prefix: 'dir/' }],
      ['with encoded names', { EncodingType: 'url' as const }],
    ])('are listed in pages, %s', async (_, query: Partial<COS.ListObjectVersionsParams>) => {
      const at = await newCosBucket(cos);
      await put(at, 'a', 'before');
      await setCosVersions(cos, at, 'Enabled');
      for (const Key of ['a', 'dir/1', 'dir/1', 'dir/2 é', 'z']) await put(at, Key, Key);
      for (const Key of ['a', 'dir/1']) await remove(at, Key);
      const whole = await page(at, query);
      for (const MaxKeys of [1, 2, 3]) {
        const entries: string[] = [];
        let next: Page['next'] = {};
        while (next) {
          const one: Page = await page(at, { ...query, ...next, MaxKeys: String(MaxKeys) });
          expect(one.entries.length).toBeLessThanOrEqual(MaxKeys);
          entries.push(...one.entries);
          next = one.next;
        }
        expect(entries.sort()).toEqual([...whole.entries].sort());
      }
    });

    /** A page: its entries, and the parameters of the next one. */
    interface Page {
      readonly entries: string[];
      readonly next: { readonly KeyMarker?: string; readonly VersionIdMarker?: string } | undefined;
    }

    async function page(at: At, query: Partial<COS.ListObjectVersionsParams>): Promise<Page> {
      const response = await cos.listObjectVersions({ ...at, ...query });
      // the SDK returns a single prefix without a list
      const folded = (response.CommonPrefixes as readonly Prefix[] | Prefix | undefined) ?? [];
      const prefixes = folded instanceof Array ? folded : [folded];
      const { NextKeyMarker = '', NextVersionIdMarker: VersionIdMarker = '' } = response as {
        NextKeyMarker?: string;
        NextVersionIdMarker?: string;
      };
      // absent if more versions of its key follow
      expect([undefined, NextKeyMarker]).toContain(response.NextMarker || undefined);
      const KeyMarker = query.EncodingType ? decodeURIComponent(NextKeyMarker) : NextKeyMarker;
      return {
        entries: [
          ...response.Versions.map(({ Key, VersionId }) => `${Key} ${VersionId}`),
          ...response.DeleteMarkers.map(({ Key, VersionId }) => `${Key} ${VersionId}`),
          ...prefixes.map(({ Prefix }) => Prefix),
        ],
        next: response.IsTruncated === 'true' ? { KeyMarker, VersionIdMarker } : undefined,
      };
    }
  },
  STORES_OF_DEPTH,
);

/** The SDK returns the id, though its types lack it. */
function idIn(response: object): string {
  return String(Reflect.get(response, 'VersionId'));
}
