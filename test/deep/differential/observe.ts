import type { Headers } from '../../../src/http/headers';
import type { Answer } from '../../support/client';

/** What of an answer must be equal on both sides. */
export interface Observation {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** They differ between any two requests, belong to the connection, count what others do, or name what each lab calls otherwise. */
const UNCOMPARED = new Set([
  'date',
  'x-account-bytes-used',
  'x-account-container-count',
  'x-account-object-count',
  'x-container-sharding',
  'x-storage-policy',
  'x-trans-id',
  'x-openstack-request-id',
  'connection',
  'keep-alive',
  'transfer-encoding',
]);

const TIMESTAMP = /(?<!\d)1[6-9]\d{8}\.\d{5}(?!\d)/g;

/** Their order says nothing, and is Python's by chance. */
const LISTS = new Set([
  'vary',
  'allow',
  'access-control-allow-methods',
  'access-control-expose-headers',
]);

/** They describe the body of an error, which is the server's own. */
const OF_AN_ERROR = new Set(['content-type', 'content-length']);

/** Replaces what may differ between the two sides of one sequence by what may not. */
export class Normaliser {
  private readonly timestamps = new Map<string, number>();

  /**
   * @param base what the names of the side's containers begin with
   * @param bodiesOfErrors whether they are compared too
   */
  constructor(
    private readonly base: string,
    private readonly bodiesOfErrors: boolean,
  ) {}

  /**
   * Timestamps of Swift's own form become their number in the order in which they were first seen, so that an archive name
   * must be made of the timestamp that the object was seen with; times in whole seconds, and those of listings, are only
   * known to be times.
   */
  text(text: string): string {
    return (
      text
        .replaceAll(this.base, 'dv')
        // an account's listing is told of objects at leisure
        .replace(/"count": ?\d+, ?"bytes": ?\d+/g, '<counts>')
        .replace(/<count>\d+<\/count><bytes>\d+<\/bytes>/g, '<counts>')
        .replace(TIMESTAMP, (found) => `<timestamp ${this.numberOf(found)}>`)
        .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}/g, '<time>')
        // a manifest tells when its segments were made
        .replace(
          /(?<="hash": ?")\w{32}(?="[^{}]*"slo_etag")|(?<=<hash>)\w{32}(?=<\/hash>)/g,
          '<hash>',
        )
        // of a version's type Swift lists the first part only, we all of it, as of other objects
        .replace(
          /("content_type": "[^";]*);(?:[^"\\]|\\.)*(?="[^{}]*"version_symlink": true)/g,
          '$1',
        )
        // Swift looks at many objects at once
        .replace(/(?<=\nErrors:\n)[^]*$/, (errors) => errors.split('\n').sort().join('\n'))
        .replace(/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/g, '<date>')
    );
  }

  answer({ status, headers, body }: Answer): Observation {
    const compared: Record<string, string> = {};
    const asText = status < 400 || this.bodiesOfErrors;
    const isManifest =
      headers.has('x-static-large-object') && !headers.get('etag')?.startsWith('"');
    const hasId = (headers.get('x-object-version-id') ?? 'null') !== 'null';
    const boundary = /^multipart\/byteranges; ?boundary=(\w+)/.exec(
      headers.get('content-type') ?? '',
    )?.[1];
    for (const name of namesIn(headers)) {
      if (UNCOMPARED.has(name) || name.startsWith('x-account-storage-policy-')) continue;
      if (!asText && OF_AN_ERROR.has(name)) continue;
      // tells no more than the body; and some of Swift's answers without a body are chunked all the same
      if (
        name === 'content-length' &&
        (status === 204 || Number(headers.get(name)) === body.length)
      )
        continue;
      const value = headers.get(name) ?? '';
      // a container that is made anew has Swift's old time
      // nor has a version with an id its id for a time with us, as it has with Swift, and a refusal does not tell that it is one
      if (
        name === 'x-timestamp' &&
        (headers.has('x-container-object-count') || hasId || status >= 400)
      )
        compared[name] = '<timestamp>';
      else if (name === 'x-manifest-etag' || (isManifest && name === 'etag'))
        compared[name] = '<hash>';
      else if (name === 'x-delete-at') compared[name] = deleteAt(value);
      else
        compared[name] = this.text(LISTS.has(name) ? value.split(', ').sort().join(', ') : value);
    }
    const text = body.toString('latin1').trim();
    // words of our own may name times that nobody else has seen, and they must not count
    const read = !asText
      ? ''
      : status < 400
        ? this.text(text)
        : this.text(text.replace(TIMESTAMP, '<timestamp>'));
    const observation = { status, headers: compared, body: read };
    return boundary === undefined ? observation : withoutBoundary(observation, boundary);
  }

  /** How many timestamps were seen. */
  get seen(): number {
    return this.timestamps.size;
  }

  /** Forgets those that were seen since there were so many, as if the answers that told them had not come. */
  forgetSince(seen: number): void {
    for (const [timestamp, number] of this.timestamps)
      if (number >= seen) this.timestamps.delete(timestamp);
  }

  private numberOf(timestamp: string): number {
    const known = this.timestamps.get(timestamp) ?? this.timestamps.size;
    this.timestamps.set(timestamp, known);
    return known;
  }
}

/** The one header that only one side may tell a time in. */
const ONE_SIDED = 'x-copied-from-version-id';

/** In an order of our own: times are numbered as they are seen, and the order of headers means nothing. */
function namesIn(headers: Headers): string[] {
  const names = [...headers.entries()].map(([name]) => name).sort();
  return [
    ...names.filter((name) => name !== ONE_SIDED),
    ...names.filter((name) => name === ONE_SIDED),
  ];
}

function withoutBoundary({ status, headers, body }: Observation, boundary: string): Observation {
  const type = headers['content-type']?.replaceAll(boundary, '<boundary>') ?? '';
  return {
    status,
    headers: { ...headers, 'content-type': type },
    body: body.replaceAll(boundary, '<boundary>'),
  };
}

/** A time of expiry that X-Delete-After made depends on the second in which it was sent. */
function deleteAt(value: string): string {
  return value.startsWith('41024448') ? value : '<after>';
}
