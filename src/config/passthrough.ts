import { z } from 'zod';
import { unquote } from '../http/bytes';
import { readingsOf } from '../swift_api/readings';
import { readTarget, type FilterPaths } from '../swift_api/request_target';
import { valueForms } from './options';

/** A rule for requests outside the object API that go to the store unchanged. */
export interface PassthroughRule {
  readonly methods: readonly string[];
  /** Decoded; matches all paths that begin with it if `isPrefix`, else only itself. */
  readonly path: string;
  readonly isPrefix: boolean;
}

/** The requests that a server passes to its store besides the object API. */
export interface Passthrough {
  readonly rules: readonly PassthroughRule[];
  /** The hosts of sites; see `passthroughHostsOption`. */
  readonly hosts: readonly string[];
}

export const NO_PASSTHROUGH: Passthrough = { rules: [], hosts: [] };

const FORM = 'METHOD[,METHOD...]:/PATH, with * at the end to match a prefix';
const RULE = /^([A-Z]+(?:,[A-Z]+)*):(\/[A-Za-z0-9._~/-]*)(\*?)$/;

/** Logging in with TempAuth, and what web clients request from any Swift. */
const DEFAULT = 'GET,HEAD:/auth/* GET,HEAD:/info GET,HEAD:/crossdomain.xml';

/** The option `passthrough`: rules separated by spaces, or `none`. */
export const passthroughOption = z
  .string()
  .default(DEFAULT)
  .transform((value, context) => {
    if (value === 'none') return [];
    return value.split(/\s+/).map((word): PassthroughRule => {
      const [, methods, path, star] = RULE.exec(word) ?? [];
      if (methods === undefined || path === undefined)
        return refuse(context, `${word} is not ${FORM}`);
      if (path === '/' && star !== '')
        return refuse(
          context,
          `${word} would match every path; name the paths that the store serves`,
        );
      if (!isOutside(path, NO_PATHS)) return refuse(context, neverPassed(word));
      return { methods: methods.split(','), path, isPrefix: star !== '' };
    });
  })
  .register(valueForms, { values: 'rules, or `none`' })
  .describe(
    'Requests outside the object API that reach the store unchanged, each as `METHOD[,METHOD...]:/PATH`; a `*` at the end matches a prefix. All others get 404.',
  );

const NO_PATHS: FilterPaths = new Set();

function isOutside(path: string, paths: FilterPaths): boolean {
  const { reading, hasDoubtfulStart } = readTarget(path, paths);
  return path === '/info' || (reading === 'outside' && !hasDoubtfulStart);
}

function neverPassed(word: string): string {
  return `${word} is a path of the object API, which is never passed through`;
}

/** Returns the reasons for refusing rules that name a path of a filter. */
export function ruleMistakes(rules: readonly PassthroughRule[], paths: FilterPaths): string[] {
  return rules
    .filter(({ path }) => !isOutside(path, paths))
    .map((rule) => neverPassed(formatRules([rule])));
}

function refuse(context: z.RefinementCtx, message: string): PassthroughRule {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}

/** Formats rules in the syntax of the option. */
export function formatRules(rules: readonly PassthroughRule[]): string {
  const words = rules.map(
    ({ methods, path, isPrefix }) => `${methods.join()}:${path}${isPrefix ? '*' : ''}`,
  );
  return words.join(' ') || 'nothing';
}

/** Returns whether a rule matches a request by every reading of its path. */
export function isPassedThrough(
  method: string,
  path: string,
  rules: readonly PassthroughRule[],
): boolean {
  const readings = readingsOf(path);
  if (readings === undefined) return false;
  const matches = (rule: PassthroughRule, reading: string) =>
    rule.isPrefix ? reading.startsWith(rule.path) : reading === rule.path;
  return rules.some(
    (rule) =>
      rule.methods.includes(method) &&
      [...readings].every((reading) => matches(rule, unquote(reading))),
  );
}

/**
 * Hosts under which a store serves containers as sites (Swift's `domain_remap`,
 * `cname_lookup` and `staticweb`): a name, or `.DOMAIN` for all names below one; in lower
 * case.
 */
export const passthroughHostsOption = z
  .string()
  .default('')
  .transform((value, context) =>
    value
      .split(/\s+/)
      .filter(Boolean)
      .map((host) => {
        if (!/^\.?[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(host))
          context.addIssue({ code: 'custom', message: `${host} is neither HOST nor .DOMAIN` });
        return host.toLowerCase();
      }),
  )
  .register(valueForms, { values: 'words' })
  .describe(
    'Hosts under which the store serves sites (`domain_remap`, `cname_lookup`, `staticweb`), for reading only: `HOST`, or `.DOMAIN` for all below it.',
  );

/** Returns whether a Host header names a site. */
export function isSiteHost(host: string | undefined, sites: readonly string[]): boolean {
  const name = host?.toLowerCase().replace(/:\d*$/, '');
  if (name === undefined) return false;
  return sites.some((site) =>
    site.startsWith('.') ? name.endsWith(site) && name !== site : name === site,
  );
}
