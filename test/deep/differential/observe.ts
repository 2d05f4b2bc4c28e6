import type { Headers } from '../../../src/http/headers';
import type { Answer } from '../../support/clients/client';

/** The parts of a response that must be equal on both sides. */
export interface Observation {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * They differ between any two requests, belong to the connection, depend on other
 * clients, or name what each lab calls differently.
 */
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

/** Their order has no meaning; Python's is random. */
const LISTS = new Set([
  'vary',
  'allow',
  'access-control-allow-methods',
  'access-control-expose-headers',
]);

/** They describe the body of an error, which is the server's own. */
const OF_AN_ERROR = new Set(['content-type', 'content-length']);

/** Replaces values that may differ between the sides of one sequence by stable ones. */
export class Normaliser {
  private readonly timestamps = new Map<string, number>();

  /**
   * @param base the prefix of the names of the side's containers
   * @param bodiesOfErrors whether to compare the bodies of errors
   */
  constructor(
    private readonly base: string,
    private readonly bodiesOfErrors: boolean,
  ) {}

  /**
   * Replaces each timestamp of Swift's own form by its number in order of first
   * appearance, so that an archive name must contain the timestamp seen with the object.
   * Times in whole seconds, and those of listings, are only recognised as times.
   */
  text(text: string): string {
    return (
      text
        .replaceAll(this.base, 'dv')
        // an account's counters are updated with a delay
        .replace(/"count": ?\d+, ?"bytes": ?\d+/g, '<counts>')
        .replace(/<count>\d+<\/count><bytes>\d+<\/bytes>/g, '<counts>')
        .replace(TIMESTAMP, (timestamp) => `<timestamp ${this.numberOf(timestamp)}>`)
        .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}/g, '<time>')
        // a manifest contains the creation times of its segments
        .replace(
          /(?<="hash": ?")\w{32}(?="[^{}]*"slo_etag")|(?<=<hash>)\w{32}(?=<\/hash>)/g,
          '<hash>',
        )
        // Swift lists only the first part of a version's type; we list all of it
        .replace(
          /("content_type": "[^";]*);(?:[^"\\]|\\.)*(?="[^{}]*"version_symlink": true)/g,
          '$1',
        )
        // Swift processes many objects at once
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
      // redundant to the body; and some of Swift's responses without a body are chunked
      if (
        name === 'content-length' &&
        (status === 204 || Number(headers.get(name)) === body.length)
      )
        continue;
      const value = headers.get(name) ?? '';
      // a recreated container has its old time in Swift a version's id is its time in
      // Swift but not with us, and a refusal does not show that it has one
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
    // our own texts may contain times that appear nowhere else, and these must not count
    const read = !asText
      ? ''
      : status < 400
        ? this.text(text)
        : this.text(text.replace(TIMESTAMP, '<timestamp>'));
    const observation = { status, headers: compared, body: read };
    return boundary === undefined ? observation : withoutBoundary(observation, boundary);
  }

  /** The number of timestamps seen. */
  get seen(): number {
    return this.timestamps.size;
  }

  /**
   * Forgets all timestamps after the first `count`, as if they had never been received.
   */
  forgetSince(count: number): void {
    for (const [timestamp, number] of this.timestamps)
      if (number >= count) this.timestamps.delete(timestamp);
  }

  private numberOf(timestamp: string): number {
    const known = this.timestamps.get(timestamp) ?? this.timestamps.size;
    this.timestamps.set(timestamp, known);
    return known;
  }
}

/** The one header in which only one side may send a time. */
const ONE_SIDED = 'x-copied-from-version-id';

/**
 * Returns the names in a fixed order: times are numbered in order of appearance, and the
 * order of headers has no meaning.
 */
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

/** An expiry time from X-Delete-After depends on the second in which it was sent. */
function deleteAt(value: string): string {
  return value.startsWith('41024448') ? value : '<after>';
}
