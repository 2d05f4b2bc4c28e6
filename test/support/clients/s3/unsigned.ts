import { WIRE_FORMAT } from '../../../../middleware/s3api/wire_format';
import { RouteTable } from '../../../../src/dialects/dispatch';
import { errorAnswer } from '../../../../src/dialects/s3/errors';
import { routes } from '../../../../middleware/s3api/operations';
import type { Caller } from '../../../../src/buckets/caller';
import { BucketError } from '../../../../src/buckets/errors';
import { readAll } from '../../../../src/http/body';
import { Headers } from '../../../../src/http/headers';
import type { Response } from '../../../../src/swift_api/message';
import { parseQuery } from '../../../../src/swift_api/target';
import { ROOT_REQUEST } from '../../stores/bucket_store';

const routeTable = new RouteTable(routes);

/** The response of an operation. */
export interface S3Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Optional parts of a request. */
export interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly checksums?: ReadonlyMap<string, string>;
}

/**
 * Runs operations of the S3 API as its filter does, but without signatures: `PUT
 * /bucket/key?query`. Keys are not encoded.
 *
 * @param place the region of the buckets
 */
export async function askS3(
  caller: Caller,
  operation: string,
  options: Sent = {},
  { location = 'us-east-1' } = {},
): Promise<S3Answer> {
  const [, method = '', bucket, key, query = ''] =
    /^([A-Z]+) \/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/.exec(operation) ?? [];
  const body = Buffer.from(options.body ?? '');
  const request = { ...ROOT_REQUEST, method, headers: Headers.of(options.headers ?? {}), body };
  const call = {
    request,
    caller: { ...caller, request },
    bucket: bucket || undefined,
    key: key || undefined,
    parameters: parseQuery(query),
    region: 'us-east-1',
    location,
    wireFormat: WIRE_FORMAT,
    payload: {
      body,
      length: body.length,
      checksums: options.checksums ?? new Map<string, string>(),
      trailing: () => new Map<string, string>(),
    },
  };
  const run = async (): Promise<Response> => routeTable.find(call).run(call);
  const response = await run().catch((error: unknown) => {
    if (error instanceof BucketError) return errorAnswer(error, request, WIRE_FORMAT.errors);
    throw error;
  });
  const text = (await readAll(response.body, 16 * 1024 * 1024))?.toString('utf8') ?? '';
  return { status: response.status, headers: response.headers, text };
}

/** The texts of all elements with a name. */
export function elements({ text }: S3Answer, name: string): string[] {
  return [...text.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(
    ([, inner = '']) => inner,
  );
}

/** The code of an error. */
export function codeOf(answer: S3Answer): string | undefined {
  return elements(answer, 'Code')[0];
}
