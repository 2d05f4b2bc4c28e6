import type { CallHead } from '../../../../src/dialects/s3/call';
import { cosHandler, type CosHandlerOptions } from '../../../../middleware/cosapi/filter';
import { readCosSignature } from '../../../../middleware/cosapi/signature';
import type { Handler, Request } from '../../../../src/swift_api/message';
import { createLog } from '../../../../src/util/log';
import type { Recorded } from '../captures';
import { accepting, type Accepted } from '../s3/requests';

/** When a request was signed, in milliseconds since 1970. */
export function cosSignedAt({ fields, target }: Recorded): number {
  const [, authorization] = fields.find(([name]) => name === 'Authorization') ?? [];
  const { signTime } = readCosSignature(authorization, target.split(/\?(.*)/s)[1] ?? '');
  return Number(signTime.split(';')[0]) * 1000;
}

/**
 * A filter for COS's API that accepts every request with a valid signature, and records
 * what it accepted.
 */
export function acceptingCos(parts: Partial<CosHandlerOptions> = {}): {
  readonly handler: Handler;
  readonly accepted: Accepted<CallHead>[];
  readonly passed: Request[];
} {
  const {
    routes,
    known: credentialSource,
    sessions,
    next,
    accepted,
    passed,
  } = accepting<CallHead>();
  const handler = cosHandler(next, {
    routes,
    logins: { credentialSource, sessions },
    domains: [],
    location: 'ap-chengdu',
    skew: 900_000,
    takesUrlsWithoutBucket: false,
    takesHeadersWithoutOperation: false,
    server: 'tencent-cos',
    readersReadVersions: false,
    anonymous: undefined,
    log: createLog('silent'),
    power: 'service',
    isOwnByPath: () => false,
    ...parts,
  });
  return { handler, accepted, passed };
}
