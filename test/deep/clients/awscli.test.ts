import { readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { IS_DEEP, someOf } from '../../support/running/depth';
import { describeClient, suiteWorkplace } from '../../support/clients/s3/debian';
import { etagOf } from '../../support/judges/buckets/model';
import { bucketName } from '../../support/clients/s3/sdk';

const ODD = 'dir/k é+1 &<>%2F?#.txt';

/** The output of `aws s3api` about versions. */
interface Listing {
  readonly Versions?: readonly {
    readonly Key: string;
    readonly VersionId: string;
    readonly IsLatest: boolean;
  }[];
  readonly DeleteMarkers?: readonly { readonly Key: string; readonly VersionId: string }[];
}

/** A quarter of the tests in the gate. */
const test = someOf(4);

describeClient('awscli', (store) => {
  /** A test that the reference store is known to fail; also one of four in the gate. */
  const deviating = (reason: string) =>
    IS_DEEP || store.name === 'reference' ? store.deviating(reason) : test;
  const place = suiteWorkplace();
  const environment = () => ({
    AWS_ACCESS_KEY_ID: store.endpoint.accessKey,
    AWS_SECRET_ACCESS_KEY: store.endpoint.secretKey,
    AWS_DEFAULT_REGION: store.endpoint.region,
    AWS_MAX_ATTEMPTS: '1',
    AWS_PAGER: '',
  });
  const aws = (...args: string[]) =>
    place.output(
      '/usr/bin/aws',
      ['--endpoint-url', store.endpoint.url, '--output', 'json', ...args],
      environment(),
    );
  const refused = async (...args: string[]) => {
    const all = ['--endpoint-url', store.endpoint.url, ...args];
    const { code, stderr } = await place.ended('/usr/bin/aws', all, environment());
    return [code, /\((\w+)\)/.exec(stderr)?.[1]] as const;
  };
  /** Runs a command of `aws s3api` about a bucket. */
  const api = async <T>(command: string, bucket: string, ...args: string[]): Promise<T> =>
    JSON.parse((await aws('s3api', command, '--bucket', bucket, ...args)) || '{}') as T;
  const file = (name: string, content: string | Buffer) => {
    writeFileSync(place.path(name), content);
    return place.path(name);
  };
  const put = async (bucket: string, key: string, content: string) => {
    const args = ['--key', key, '--body', file('body', content)];
    return (await api<{ VersionId?: string }>('put-object', bucket, ...args)).VersionId ?? '';
  };
  const get = async (bucket: string, key: string, ...args: string[]) => {
    await api('get-object', bucket, '--key', key, ...args, place.path('got'));
    return readFileSync(place.path('got'), 'utf8');
  };
  async function newBucket(versions = true): Promise<string> {
    const bucket = bucketName();
    await aws('s3', 'mb', `s3://${bucket}`);
    if (versions)
      await api('put-bucket-versioning', bucket, '--versioning-configuration', 'Status=Enabled');
    return bucket;
  }

  test('objects go up, are listed, synchronised and come down', async () => {
    const bucket = await newBucket(false);
    const content = randomBytes(1000);
    await aws('s3', 'cp', file('up', content), `s3://${bucket}/${ODD}`);
    await aws('s3', 'cp', `s3://${bucket}/${ODD}`, place.path('down'));
    expect(readFileSync(place.path('down')).equals(content)).toBe(true);
    expect(await aws('s3', 'ls', '--recursive', `s3://${bucket}`)).toContain(`1000 ${ODD}`);
    expect(await aws('s3', 'ls', `s3://${bucket}`)).toMatch(/PRE dir\//);
    await aws('s3', 'sync', `s3://${bucket}`, `s3://${bucket}/copy/`, '--exclude', 'copy/*');
    await aws('s3', 'mv', `s3://${bucket}/copy/${ODD}`, `s3://${bucket}/moved`);
    expect(await get(bucket, 'moved')).toBe(content.toString());
    await aws('s3', 'rb', '--force', `s3://${bucket}`);
    expect(await refused('s3api', 'list-objects-v2', '--bucket', bucket)).toEqual([
      254,
      'NoSuchBucket',
    ]);
  });

  test('a big file goes up in parts and is one version', async () => {
    const bucket = await newBucket();
    const content = randomBytes(9 * 1024 * 1024);
    await aws('s3', 'cp', file('big', content), `s3://${bucket}/big`);
    await aws('s3', 'cp', `s3://${bucket}/big`, place.path('down'));
    expect(readFileSync(place.path('down')).equals(content)).toBe(true);
    expect((await api<Listing>('list-object-versions', bucket)).Versions).toMatchObject([
      {
        Key: 'big',
        Size: content.length,
        ETag: expect.stringMatching(/^"[0-9a-f]{32}-2"$/) as string,
      },
    ]);
  });

  deviating('an odd key is not restored')(
    'versions are enabled, listed, read and removed by their ids',
    async () => {
      const bucket = await newBucket();
      expect(await api('get-bucket-versioning', bucket)).toEqual({ Status: 'Enabled' });
      const ids = [await put(bucket, ODD, '1'), await put(bucket, ODD, '2')];
      const { Versions } = await api<Listing>('list-object-versions', bucket, '--prefix', 'dir/');
      expect(Versions?.map(({ Key, VersionId, IsLatest }) => [Key, VersionId, IsLatest])).toEqual([
        [ODD, ids[1], true],
        [ODD, ids[0], false],
      ]);
      expect(await get(bucket, ODD, '--version-id', ids[0] ?? '')).toBe('1');
      const head = await api('head-object', bucket, '--key', ODD, '--version-id', ids[0] ?? '');
      expect(head).toMatchObject({ VersionId: ids[0], ETag: etagOf('1') });
      await api('delete-object', bucket, '--key', ODD, '--version-id', ids[1] ?? '');
      expect(await get(bucket, ODD)).toBe('1');
    },
  );

  deviating('a removal tells the version that it restores')(
    'a removal makes a marker, and removing that restores',
    async () => {
      const bucket = await newBucket();
      await put(bucket, 'k', '1');
      await aws('s3', 'rm', `s3://${bucket}/k`);
      expect(
        await refused('s3api', 'get-object', '--bucket', bucket, '--key', 'k', place.path('got')),
      ).toEqual([254, 'NoSuchKey']);
      const { DeleteMarkers, Versions } = await api<Listing>('list-object-versions', bucket);
      expect([DeleteMarkers, Versions]).toMatchObject([
        [{ IsLatest: true }],
        [{ IsLatest: false }],
      ]);
      const marker = DeleteMarkers?.[0]?.VersionId ?? '';
      const gone = await api('delete-object', bucket, '--key', 'k', '--version-id', marker);
      expect(gone).toEqual({ DeleteMarker: true, VersionId: marker });
      expect(await get(bucket, 'k')).toBe('1');
    },
  );

  deviating('NextVersionIdMarker is null')(
    'versions are listed over several pages by the client',
    async () => {
      const bucket = await newBucket();
      const ids: string[] = [];
      for (let i = 0; i < 5; i++) ids.unshift(await put(bucket, 'k é', String(i)));
      const { Versions } = await api<Listing>('list-object-versions', bucket, '--page-size', '2');
      expect(Versions?.map(({ VersionId }) => VersionId)).toEqual(ids);
    },
  );

  test('a version is copied over the latest', async () => {
    const bucket = await newBucket();
    const one = await put(bucket, 'd/k', 'old');
    await put(bucket, 'd/k', 'new');
    const source = `${bucket}/d/k?versionId=${one}`;
    const copied = await api('copy-object', bucket, '--key', 'd/k', '--copy-source', source);
    expect(copied).toMatchObject({
      CopySourceVersionId: one,
      CopyObjectResult: { ETag: etagOf('old') },
    });
    expect(await get(bucket, 'd/k')).toBe('old');
  });

  test('many versions are removed at once', async () => {
    const bucket = await newBucket();
    const Objects = [];
    for (const Key of ['a', 'a', 'b &<>'])
      Objects.push({ Key, VersionId: await put(bucket, Key, Key) });
    const { Deleted } = await api<{ Deleted: unknown[] }>(
      'delete-objects',
      bucket,
      '--delete',
      JSON.stringify({ Objects }),
    );
    expect(Deleted).toHaveLength(3);
    expect(await api('list-object-versions', bucket)).not.toHaveProperty('Versions');
    await aws('s3', 'rb', `s3://${bucket}`);
  });

  deviating('it makes no null marker')('null versions are those of AWS', async () => {
    const bucket = await newBucket(false);
    await put(bucket, 'k', 'before');
    await api('put-bucket-versioning', bucket, '--versioning-configuration', 'Status=Enabled');
    const id = await put(bucket, 'k', 'versioned');
    expect(await get(bucket, 'k', '--version-id', 'null')).toBe('before');
    await api('put-bucket-versioning', bucket, '--versioning-configuration', 'Status=Suspended');
    const gone = await api('delete-object', bucket, '--key', 'k');
    expect(gone).toEqual({ DeleteMarker: true, VersionId: 'null' });
    const { Versions, DeleteMarkers } = await api<Listing>('list-object-versions', bucket);
    expect(Versions?.map(({ VersionId }) => VersionId)).toEqual([id]);
    expect(DeleteMarkers).toMatchObject([{ VersionId: 'null', IsLatest: true }]);
  });

  test('presigned URLs read', async () => {
    const bucket = await newBucket();
    await put(bucket, ODD, 'signed');
    const url = (await aws('s3', 'presign', `s3://${bucket}/${ODD}`)).trim();
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([200, 'signed']);
  });
});
