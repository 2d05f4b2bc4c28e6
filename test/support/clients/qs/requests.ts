import { qsHandler, type QsHandlerOptions } from '../../../../middleware/qsapi/filter';
import type { CallHead } from '../../../../src/dialects/call';
import { endToEndHeaders, Headers } from '../../../../src/http/headers';
import type { Handler, Request } from '../../../../src/swift_api/message';
import { createLog } from '../../../../src/util/log';
import type { Recorded } from '../captures';
import { decoded } from '../../judges/mutants';
import { accepting, type Accepted } from '../s3/requests';

/** When a request was signed, in milliseconds since 1970; for a URL, when it expires. */
export function qsSignedAt({ fields, target }: Recorded): number {
  const [, expires] = /[?&]expires=(\d+)/.exec(target) ?? [];
  if (expires !== undefined) return Number(expires) * 1000;
  const headers = Headers.fromRaw(fields.flat());
  return Date.parse(headers.get('x-qs-date') ?? headers.get('date') ?? '');
}

/**
 * A filter for QingStor's API that accepts every request with a valid signature, and
 * records what it accepted.
 */
export function acceptingQs(parts: Partial<QsHandlerOptions> = {}): {
  readonly handler: Handler;
  readonly accepted: Accepted[];
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
  const handler = qsHandler(next, {
    routes,
    logins: { credentialSource, sessions },
    domains: [],
    location: 'pek3a',
    skew: 900_000,
    anonymous: undefined,
    takesUrlsWithFreeText: false,
    readersReadVersions: true,
    server: 'QingStor',
    log: createLog('silent'),
    power: 'service',
    isOwnByPath: () => false,
    ...parts,
  });
  return { handler, accepted, passed };
}

const SIGNED =
  /^(acl|append|cname|cors|delete|image|lifecycle|logging|mirror|notification|part_number|policy|position|replication|stats|uploads|upload_id|versioning|versions|version_id|response-(expires|cache-control|content-(type|language|encoding|disposition)))$/;
const OF_URLS = /^(access_key_id|expires|signature)$/;

/** The signed part of a request: requests with the same meaning may be accepted. */
export function qsMeaning({ method, target, fields, body }: Recorded): string {
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  const headers = endToEndHeaders(Headers.fromRaw(fields.flat()));
  const isInHeader = headers.has('authorization');
  const pairs = query.split('&').map((pair) => {
    const [name = '', value = ''] = pair.split(/=(.*)/s).map((each) => decoded(each, true));
    return [name, value] as const;
  });
  const of = (names: RegExp) =>
    pairs
      .filter(([name]) => names.test(name))
      .map(([name, value]) => (value === '' ? name : `${name}=${value}`));
  const own = new Map<string, string[]>();
  const raw = headers.filter((key) => key.startsWith('x-qs-')).toRaw();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]?.toLowerCase() ?? '';
    own.set(name, [...(own.get(name) ?? []), raw[i + 1] ?? '']);
  }
  const date = isInHeader && !headers.has('x-qs-date') ? headers.get('date') : '';
  return JSON.stringify([
    method,
    path,
    of(SIGNED).sort().join('&'),
    isInHeader ? [] : of(OF_URLS).map((each) => each.replaceAll(' ', '+')),
    [...own]
      .map(
        ([name, values]) =>
          `${name}:${values.join().replace(/^[ \t\n\r\v\f]+|[ \t\n\r\v\f]+$/g, '')}`,
      )
      .sort(),
    [...headers.entries()]
      .filter(([name]) => name === 'authorization')
      .map(([, value]) => value.trim()),
    headers.get('content-type') ?? '',
    headers.get('content-md5') ?? '',
    date,
    headers.get('content-md5') === undefined ? '' : body.toString('latin1'),
  ]);
}
