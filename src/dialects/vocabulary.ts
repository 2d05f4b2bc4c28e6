import { BucketError } from '../buckets/errors';
import { isReadMethod } from '../swift_api/message';
import { invalidArgument } from './arguments';
import type { CallHead, Route } from './call';

/** What an API has in common for all its operations. */
export interface ApiVocabulary {
  /** The prefix of the API's own headers. */
  readonly prefix: string;
  /** Headers that are honoured for all operations, such as those of signatures. */
  readonly common: readonly string[];
  /** Headers and parameters that have no effect on any operation, with the reason. */
  readonly ignored: Readonly<Record<string, string>>;
  /** The parameter that names a version. */
  readonly versionId: string;
  /** Whether names of parameters are compared without regard to case. */
  readonly isCaseless?: true;
}

/**
 * Parameters whose values become headers of the response to a read; all are signed in a
 * signature of version 2.
 */
export const RESPONSE_OVERRIDES: readonly string[] = [
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
];

/** Conditions on what a request reads or writes; the only ones that HTTP has. */
const CONDITIONS: ReadonlySet<string> = new Set([
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
]);

/** Those that a read may ignore: the whole response is always right. */
const IGNORED_BY_READS: ReadonlySet<string> = new Set(['if-none-match', 'if-modified-since']);

/** Checks requests against the vocabulary of the operation that answers them. */
export class VocabularyCheck<Head extends CallHead> {
  /** All parameters of the API; any other is nobody's, and without effect. */
  private readonly parameters: ReadonlySet<string>;

  /** @param routes all operations of the API */
  constructor(
    private readonly api: ApiVocabulary,
    routes: readonly Route<Head>[],
  ) {
    this.parameters = new Set(routes.flatMap((route) => this.parametersOf(route)));
  }

  /**
   * @throws BucketError `not-implemented` for what the API knows and the operation does
   *   not honour; `invalid-argument` for a version of what has none
   */
  check(
    { request, parameters }: Pick<CallHead, 'request' | 'parameters'>,
    route: Route<Head>,
  ): void {
    const isRead = isReadMethod(request.method);
    for (const [name] of request.headers.entries())
      if (!this.allowsHeader(name, route) && !(isRead && IGNORED_BY_READS.has(name)))
        throw refusalOf('header', name);
    for (const [name, value] of parameters) {
      if (this.allowsParameter(name, route)) continue;
      if (this.fold(name) === this.fold(this.api.versionId))
        throw invalidArgument(name, value, 'This operation does not accept a version-id.');
      throw refusalOf('query', name);
    }
  }

  /** Whether a header has no meaning in the API, is honoured, or may be ignored. */
  allowsHeader(name: string, route: Route<Head>): boolean {
    const { prefix, common, ignored } = this.api;
    if (!name.startsWith(prefix) && !CONDITIONS.has(name)) return true;
    if (Object.hasOwn(ignored, name) || common.includes(name) || name === route.header) return true;
    return (route.vocabulary?.headers ?? []).some((each) =>
      each.endsWith('*') ? name.startsWith(each.slice(0, -1)) : name === each,
    );
  }

  /** The same for a query parameter. */
  allowsParameter(name: string, route: Route<Head>): boolean {
    const folded = this.fold(name);
    const isOfApi = this.parameters.has(folded) || name.toLowerCase().startsWith(this.api.prefix);
    return (
      !isOfApi ||
      Object.hasOwn(this.api.ignored, folded) ||
      this.parametersOf(route).includes(folded)
    );
  }

  private parametersOf({ parameters = [], vocabulary = {} }: Route<Head>): readonly string[] {
    return [...parameters, ...(vocabulary.parameters ?? [])].map((name) => this.fold(name));
  }

  private fold(name: string): string {
    return this.api.isCaseless ? name.toLowerCase() : name;
  }
}

function refusalOf(kind: 'header' | 'query', name: string): BucketError {
  return new BucketError(
    'not-implemented',
    `A ${kind} you provided implies functionality that is not implemented: ${name}`,
    { fields: kind === 'header' ? { Header: name } : { Parameter: name } },
  );
}
