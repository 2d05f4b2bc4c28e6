import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { readJson } from '../../formats/json';
import { Headers } from '../../http/headers';
import { LIMITS } from '../constraints';
import { RESERVED_PREFIX } from '../reserved';
import { CORS_METHODS, type CorsRule, type CorsRules } from './rules';

/**
 * Swift's own headers, which the store acts upon itself. They express one rule: for some
 * origins, all methods and all request headers.
 */
const SWIFT = 'x-container-meta-access-control-';
const ALLOW_ORIGIN = `${SWIFT}allow-origin`;
const MAX_AGE = `${SWIFT}max-age`;
const EXPOSE_HEADERS = `${SWIFT}expose-headers`;
const SWIFT_HEADERS = [ALLOW_ORIGIN, MAX_AGE, EXPOSE_HEADERS];

/** The response headers that Swift exposes in any case (`cors_validation`). */
export const ALWAYS_EXPOSED: readonly string[] = [
  'cache-control',
  'content-language',
  'content-type',
  'expires',
  'last-modified',
  'pragma',
  'etag',
  'x-timestamp',
  'x-trans-id',
  'x-openstack-request-id',
];

/** All other rules: compressed JSON, in pieces that fit Swift's limit for metadata. */
const PIECE_KEY = `${RESERVED_PREFIX}cors-`;
const PIECE = 250;
const MAX_PIECES = 12;
const PIECE_KEYS = Array.from({ length: MAX_PIECES }, (_, i) => PIECE_KEY + String(i));
/** The format, before the first piece. */
const FORMAT = '1';
/** Rules of the longest document are shorter. */
const MAX_JSON = 256 * 1024;

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Returns the rules that are in force in a container. If Swift's headers allow an origin,
 * they count: the store acts upon them.
 */
export function readRules(headers: Headers): CorsRules | undefined {
  return headers.get(ALLOW_ORIGIN)?.trim() ? readSwiftRule(headers) : readPieces(headers);
}

/** Returns the rules of a container if the store does not act upon them itself. */
export function readOwnRules(headers: Headers): CorsRules | undefined {
  return headers.get(ALLOW_ORIGIN)?.trim() ? undefined : readPieces(headers);
}

/**
 * Returns the headers of a request that sets the rules of a container, in place of all
 * that it had; undefined if they do not fit into its metadata.
 */
export function settingHeaders(rules: CorsRules): Headers | undefined {
  const swift = toSwiftHeaders(rules);
  if (swift !== undefined) {
    const others = SWIFT_HEADERS.filter((name) => !swift.has(name));
    return removal([...others, ...PIECE_KEYS]).withAll(swift);
  }
  const text = FORMAT + encode(rules);
  if (text.length > PIECE * MAX_PIECES) return undefined;
  const pieces = PIECE_KEYS.map((key, i) => [key, text.slice(i * PIECE, (i + 1) * PIECE)] as const);
  const present = Object.fromEntries(pieces.filter(([, piece]) => piece !== ''));
  const others = pieces.flatMap(([key, piece]) => (piece === '' ? [key] : []));
  return removal([...SWIFT_HEADERS, ...others]).withAll(Headers.of(present));
}

/** Whether a request of Swift's API changes the rule that Swift's headers express. */
export function changesSwiftRule(headers: Headers): boolean {
  return SWIFT_HEADERS.some((name) => headers.has(name) || headers.has(toRemoval(name)));
}

/** The headers of a request that removes the rules of a container. */
export const RULES_REMOVAL: Headers = removal([...SWIFT_HEADERS, ...PIECE_KEYS]);

/** The headers that remove all rules but those of Swift's headers. */
export const OWN_RULES_REMOVAL: Headers = removal(PIECE_KEYS);

function removal(names: readonly string[]): Headers {
  return Headers.of(Object.fromEntries(names.map((name) => [toRemoval(name), 'x'])));
}

function toRemoval(name: string): string {
  return name.replace(/^x-/, 'x-remove-');
}

/** An origin with a `*` among other characters is no pattern in Swift, and no origin. */
function readSwiftRule(headers: Headers): CorsRules | undefined {
  const words = (name: string) => (headers.get(name) ?? '').split(' ').filter(Boolean);
  const origins = words(ALLOW_ORIGIN).filter((each) => each === '*' || !each.includes('*'));
  if (origins.length === 0) return undefined;
  const age = headers.get(MAX_AGE)?.trim();
  const exposed = words(EXPOSE_HEADERS).filter((name) => TOKEN.test(name) && !name.includes('*'));
  return {
    rules: [
      {
        origins,
        methods: CORS_METHODS,
        headers: ['*'],
        exposed: [...new Set([...ALWAYS_EXPOSED, ...exposed.map((name) => name.toLowerCase())])],
        ...(age !== undefined && /^\d{1,9}$/.test(age) ? { maxAge: Number(age) } : {}),
      },
    ],
  };
}

/** Returns Swift's headers for rules, if they mean the same. */
function toSwiftHeaders({ rules, varies }: CorsRules): Headers | undefined {
  const [rule, ...others] = rules;
  if (rule === undefined || others.length > 0 || varies || rule.id !== undefined) return undefined;
  const isForAll = CORS_METHODS.every((method) => rule.methods.includes(method));
  const isPlain = rule.origins.every((each) => each === '*' || !each.includes('*'));
  const exposed = new Set(rule.exposed.map((name) => name.toLowerCase()));
  const hasDefaults = ALWAYS_EXPOSED.every((name) => exposed.has(name));
  if (!isForAll || !isPlain || !hasDefaults || !rule.headers.includes('*')) return undefined;
  const more = [...exposed].filter((name) => !ALWAYS_EXPOSED.includes(name)).join(' ');
  const headers = {
    [ALLOW_ORIGIN]: rule.origins.join(' '),
    ...(rule.maxAge === undefined ? {} : { [MAX_AGE]: String(rule.maxAge) }),
    ...(more === '' ? {} : { [EXPOSE_HEADERS]: more }),
  };
  const fits = Object.values(headers).every(
    (value) => value.length <= LIMITS.max_meta_value_length,
  );
  return fits ? Headers.of(headers) : undefined;
}

const StoredRules = z.object({
  r: z.array(
    z.object({
      i: z.string().optional(),
      o: z.array(z.string()),
      m: z.array(z.string()),
      h: z.array(z.string()),
      e: z.array(z.string()),
      a: z.number().optional(),
    }),
  ),
  v: z.boolean().optional(),
});

function encode({ rules, varies }: CorsRules): string {
  const stored: z.infer<typeof StoredRules> = {
    r: rules.map(({ id, origins, methods, headers, exposed, maxAge }) => ({
      ...(id === undefined ? {} : { i: id }),
      o: [...origins],
      m: [...methods],
      h: [...headers],
      e: [...exposed],
      ...(maxAge === undefined ? {} : { a: maxAge }),
    })),
    ...(varies ? { v: true } : {}),
  };
  return deflateRawSync(JSON.stringify(stored), { level: 9 }).toString('base64url');
}

/** Unreadable pieces allow nothing. */
function readPieces(headers: Headers): CorsRules | undefined {
  if (!headers.has(PIECE_KEYS[0] ?? '')) return undefined;
  const text = PIECE_KEYS.map((key) => headers.get(key) ?? '').join('');
  if (!text.startsWith(FORMAT)) return undefined;
  const stored = decode(text.slice(FORMAT.length));
  if (stored === undefined) return undefined;
  const rules = stored.r.map(({ i, o, m, h, e, a }): CorsRule => ({
    ...(i === undefined ? {} : { id: i }),
    origins: o,
    methods: m,
    headers: h,
    exposed: e,
    ...(a === undefined ? {} : { maxAge: a }),
  }));
  return { rules, ...(stored.v ? { varies: true } : {}) };
}

function decode(text: string): z.infer<typeof StoredRules> | undefined {
  try {
    const bytes = inflateRawSync(Buffer.from(text, 'base64url'), { maxOutputLength: MAX_JSON });
    return StoredRules.safeParse(readJson(bytes)).data;
  } catch {
    return undefined;
  }
}
