import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { sumOf } from '../../../../src/dialects/payload/checksums';
import type { Recorded } from '../../../support/clients/captures';
import { acceptingFilter, asRequest, inPieces, textOf } from '../../../support/clients/s3/requests';
import { signed, signedChunks } from '../../../support/clients/s3/signing';
import { runs } from '../../../support/running/runs';
import type { Body } from '../../../../src/http/body';
import { ClientGone } from '../../../../src/swift_api/message';

const NOW = Date.UTC(2023, 10, 14, 22, 13, 20);

async function put(recorded: Recorded, body: Body = recorded.body) {
  const { handler, accepted } = acceptingFilter({ now: () => NOW });
  const response = await handler(asRequest(recorded, body));
  const code = /<Code>(.*?)</.exec(textOf(response))?.[1] ?? '';
  return { status: response.status, code, got: accepted[0] };
}

const sha256 = (body: Buffer) => createHash('sha256').update(body).digest('hex');
const signedPut = (body: Buffer, headers: Record<string, string> = {}) =>
  signed({ method: 'PUT', path: '/bkt/k', body, headers }, NOW);

/** A PUT in signed chunks. */
async function streamed(
  chunks: readonly Buffer[],
  trailer?: readonly [string, string],
): Promise<Recorded> {
  const length = chunks.reduce((sum, { length }) => sum + length, 0);
  const unsigned = await signedPut(Buffer.alloc(0), {
    'content-encoding': 'gzip,aws-chunked',
    'x-amz-content-sha256': `STREAMING-AWS4-HMAC-SHA256-PAYLOAD${trailer ? '-TRAILER' : ''}`,
    'x-amz-decoded-content-length': String(length),
    ...(trailer ? { 'x-amz-trailer': trailer[0] } : {}),
  });
  return { ...unsigned, body: signedChunks(unsigned, chunks, trailer) };
}

const bytes = (max: number) =>
  fc.uint8Array({ minLength: 1, maxLength: max }).map((each) => Buffer.from(each));
const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 20 });
const crc32 = async (body: Buffer) => {
  const sum = sumOf('crc32');
  sum.update(body);
  return (await sum.digest()).toString('base64');
};

describe('signed chunks', () => {
  it('come out whole, however the connection chops them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(bytes(400), { maxLength: 5 }),
        sizes,
        fc.boolean(),
        async (chunks, cut, isSummed) => {
          const whole = Buffer.concat(chunks);
          const trailer = isSummed
            ? (['x-amz-checksum-crc32', await crc32(whole)] as const)
            : undefined;
          const recorded = await streamed(chunks, trailer);
          const { status, got } = await put(recorded, inPieces(recorded.body, cut));
          expect(status).toBe(200);
          expect(got?.body).toEqual(whole);
          expect(got?.call.payload.length).toBe(whole.length);
          expect(got?.call.payload.trailing().get('crc32')).toBe(trailer?.[1]);
          expect(got?.call.request.headers.get('content-encoding')).toBe('gzip');
        },
      ),
      { numRuns: runs(100) },
    );
  });

  it('may have an empty line before the signature of their trailer, as those of minio-go', async () => {
    const body = Buffer.from('hello');
    const recorded = await streamed([body], ['x-amz-checksum-crc32', await crc32(body)]);
    const text = recorded.body.toString('latin1');
    const apart = text.replace('\r\nx-amz-trailer-signature', '\n\r\nx-amz-trailer-signature');
    expect(apart).not.toBe(text);
    expect((await put({ ...recorded, body: Buffer.from(apart, 'latin1') })).got?.body).toEqual(
      body,
    );
    const twice = apart.replace('\r\nx-amz-trailer-signature', '\r\n\r\nx-amz-trailer-signature');
    expect((await put({ ...recorded, body: Buffer.from(twice, 'latin1') })).got).toBeUndefined();
  });

  it('have no trailer that was not announced', async () => {
    const recorded = await streamed([Buffer.from('hello')]);
    const end = recorded.body.length - 2;
    const body = Buffer.concat([
      recorded.body.subarray(0, end),
      Buffer.from('x-amz-checksum-crc32:AAAAAA==\r\n\r\n'),
    ]);
    expect(await put({ ...recorded, body })).toMatchObject({ status: 400, got: undefined });
  });

  it('are refused with any one byte changed, or cut off', async () => {
    const recorded = await streamed(
      [Buffer.from('hello '), Buffer.from('world')],
      ['x-amz-checksum-crc32', await crc32(Buffer.from('hello world'))],
    );
    for (let i = 0; i < recorded.body.length; i++) {
      const changed = Buffer.from(recorded.body);
      changed[i] = (changed[i] ?? 0) ^ 4;
      expect([i, (await put({ ...recorded, body: changed })).got?.body]).toEqual([i, undefined]);
      const cut = recorded.body.subarray(0, i);
      expect([i, (await put({ ...recorded, body: cut })).got?.body]).toEqual([i, undefined]);
    }
    const more = Buffer.concat([recorded.body, Buffer.from('x')]);
    expect(await put({ ...recorded, body: more })).toMatchObject({ status: 400, got: undefined });
  });

  it('must be as long in all as was said', async () => {
    const recorded = await streamed([Buffer.from('hello')]);
    const fields = recorded.fields.filter(([name]) => name !== 'x-amz-decoded-content-length');
    expect(await put({ ...recorded, fields })).toMatchObject({ status: 403 });
  });

  it('are no larger than is kept', async () => {
    const recorded = await streamed([Buffer.alloc(16 * 1024 * 1024 + 1)]);
    expect(await put(recorded, inPieces(recorded.body, []))).toMatchObject({
      status: 400,
      got: undefined,
    });
  });
});

describe('a signed hash', () => {
  it.each([10, 64 * 1024, 64 * 1024 + 1, 300_000])('of %d bytes is verified', async (size) => {
    const body = Buffer.alloc(size, 'x');
    const right = await signedPut(body);
    expect((await put(right, inPieces(body, [1000, 70_000]))).got?.body).toEqual(body);
    const wrong = Buffer.from(body);
    wrong[size - 1] = 0;
    const outcome = await put(right, inPieces(wrong, [1000, 70_000]));
    expect(outcome).toMatchObject({
      status: 400,
      code: 'XAmzContentSHA256Mismatch',
      got: undefined,
    });
  });

  it('keeps the end of a wrong body back', async () => {
    const seen: number[] = [];
    const run = async ({ payload }: { payload: { body: Body } }) => {
      for await (const chunk of payload.body as AsyncIterable<Buffer>) seen.push(chunk.length);
      return Promise.reject(new Error('not reached'));
    };
    const { handler } = acceptingFilter({
      now: () => NOW,
      routes: [{ name: 'PutObject', method: 'PUT', on: 'object', run }],
    });
    const right = await signedPut(Buffer.alloc(200_000, 'x'));
    const wrong = inPieces(Buffer.alloc(200_000, 'y'), [100_000, 50_000]);
    const { status } = await handler(asRequest(right, wrong));
    expect(status).toBe(400);
    expect(seen.reduce((sum, each) => sum + each, 0)).toBeLessThan(200_000);
  });

  it('of an empty body is verified if nothing arrives', async () => {
    const recorded = await signedPut(Buffer.alloc(0), {
      'x-amz-content-sha256': sha256(Buffer.from('x')),
    });
    expect(await put(recorded)).toMatchObject({
      code: 'XAmzContentSHA256Mismatch',
      got: undefined,
    });
  });
});

/** Sends a request with its body at hand, and with its body as a stream. */
async function putBothWays(recorded: Recorded) {
  const atHand = await put(recorded);
  const streamed = await put(recorded, inPieces(recorded.body, [2]));
  expect(streamed).toMatchObject({ status: atHand.status, code: atHand.code });
  expect(streamed.got?.body).toEqual(atHand.got?.body);
  return atHand;
}

describe('checksums', () => {
  it.each([
    ['crc32', 'y/Q5Jg=='],
    ['crc32c', '4waSgw=='],
    ['crc64nvme', 'rosUhgp5mIg='],
    ['sha1', '98O8HYCOBHMq5eZZwdTLaJOEsHg='],
    ['sha256', 'FeKw0gnxbiEP4ufDgEPV9L9OEG9hqJBXfEGG8GfwV28='],
  ])('%s in a header and in a trailer', async (algorithm, sum) => {
    const body = Buffer.from('123456789');
    const digest = sumOf(algorithm as 'crc32');
    digest.update(body);
    const name = `x-amz-checksum-${algorithm}`;
    const value = (await digest.digest()).toString('base64');
    if (algorithm.startsWith('crc')) expect(value).toBe(sum);
    const sdk = { 'x-amz-sdk-checksum-algorithm': algorithm.toUpperCase() };
    const right = await putBothWays(await signedPut(body, { [name]: value, ...sdk }));
    expect([...(right.got?.call.payload.checksums ?? [])]).toEqual([[algorithm, value]]);
    const wrong = Buffer.from(value, 'base64').map((byte) => byte ^ 1);
    const other = Buffer.from(wrong).toString('base64');
    expect(await putBothWays(await signedPut(body, { [name]: other }))).toMatchObject({
      code: 'BadDigest',
      got: undefined,
    });
    const trailer = (
      await putBothWays(await streamed([body], [name, value]))
    ).got?.call.payload.trailing();
    expect([...(trailer ?? [])]).toEqual([[algorithm, value]]);
    expect(await putBothWays(await streamed([body], [name, other]))).toMatchObject({
      code: 'BadDigest',
      got: undefined,
    });
  });

  it.each<[string, Record<string, string>, string]>([
    ['Content-MD5', { 'content-md5': 'XUFAKrxLKna5cZ2REBfFkg==' }, ''],
    ['a wrong Content-MD5', { 'content-md5': 'AUFAKrxLKna5cZ2REBfFkg==' }, 'BadDigest'],
    ['a Content-MD5 that is none', { 'content-md5': 'x' }, 'InvalidDigest'],
    ['a checksum that is none', { 'x-amz-checksum-crc32': 'AAAA' }, 'InvalidRequest'],
    [
      'two',
      { 'x-amz-checksum-crc32': 'NhCmhg==', 'x-amz-checksum-sha1': 'AAAA' },
      'InvalidRequest',
    ],
    ['one that is not known', { 'x-amz-checksum-xxhash3': 'AAAA' }, 'NotImplemented'],
    [
      'another than the SDK says',
      { 'x-amz-checksum-crc32': 'NhCmhg==', 'x-amz-sdk-checksum-algorithm': 'SHA1' },
      'InvalidRequest',
    ],
    ['none where the SDK says so', { 'x-amz-sdk-checksum-algorithm': 'SHA1' }, 'InvalidRequest'],
    [
      'a trailer that is not announced',
      { 'x-amz-trailer': 'x-amz-checksum-crc32' },
      'InvalidRequest',
    ],
    ['a hash that is none', { 'x-amz-content-sha256': 'x' }, 'InvalidArgument'],
    ['a name that every object has', { 'x-amz-content-sha256': 'constructor' }, 'InvalidArgument'],
    ['fewer bytes than it says', { 'content-length': '6' }, 'IncompleteBody'],
    ['more bytes than it says', { 'content-length': '4' }, 'IncompleteBody'],
    ['more than one request can carry', { 'content-length': '5368709121' }, 'EntityTooLarge'],
  ])('%s', async (_, headers, code) => {
    const recorded = await signedPut(Buffer.from('hello'), headers);
    expect(await putBothWays(recorded)).toMatchObject({ code });
  });
  it('and a small body that breaks off reaches no operation', async () => {
    const recorded = await signedPut(Buffer.from('hello'));
    const gone = new ClientGone('the client disconnected');
    async function* pieces() {
      yield await Promise.resolve(Buffer.from('he'));
      throw gone;
    }
    const { handler, accepted } = acceptingFilter({ now: () => NOW });
    await expect(handler(asRequest(recorded, Readable.from(pieces())))).rejects.toBe(gone);
    expect(accepted).toEqual([]);
  });
});
