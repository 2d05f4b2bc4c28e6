import { randomBytes } from 'node:crypto';
import { DIGESTS, parseSignature, type Signature } from '../../http/digest';
import { SwiftClient } from '../client';
import type { Handler, Request } from '../message';
import { parseQueryPairs, formatQuery, type ContainerTarget, type ObjectTarget } from '../target';
import { readTempUrlKeys, type Key } from '../temp_url/keys';
import { readParameters, type Parameters } from '../temp_url/parameters';
import { isWithin } from '../temp_url/scope';
import { findSigningKey } from '../temp_url/signature';
import { tempUrlQuery } from '../temp_url/temp_url';
import { Right } from './grants';

/**
 * What the holder of a temporary URL may read: the container, or the account, whose key
 * signed it.
 */
export class SignedScope {
  private constructor(
    private readonly target: ObjectTarget,
    private readonly scope: Key['scope'],
  ) {}

  /**
   * Establishes the scope of a GET or HEAD by temporary URL. The key that signed it is
   * found by verifying the signature, and the store must be one that refuses the same
   * request with another signature.
   *
   * @param request as the client sent it
   * @param next sends requests to the store
   * @returns undefined if the URL is not valid, or not shown to be
   */
  static async establish(
    request: Request,
    target: ObjectTarget,
    next: Handler,
  ): Promise<SignedScope | undefined> {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const parameters = readParameters(request.query);
    const signature = parseSignature(parameters?.signature ?? '');
    if (request.authority !== 'client' || !isRead || target.version !== 'v1') return undefined;
    if (!parameters || !signature || !DIGESTS.some((name) => name === signature.digest))
      return undefined;
    const [key, isJudged] = await Promise.all([
      findKey(request, target, parameters, signature, next),
      refusesOthers(request, target, signature, next),
    ]);
    return key && isJudged ? new SignedScope(target, key.scope) : undefined;
  }

  /** Whether everything in the account is within the scope. */
  get isAccount(): boolean {
    return this.scope === 'account';
  }

  /** Whether what is in a container is within the scope. */
  covers(place: ContainerTarget): boolean {
    return place.container !== '' && isWithin(this.scope, this.target, place);
  }

  /** Returns the right to read an object, if it is within the scope. */
  rightToRead(object: ObjectTarget): Right | undefined {
    const isNamed = object.object !== '' && this.covers(object);
    return isNamed ? Right.established('read', object) : undefined;
  }

  /** Returns the right to list a container, if it is within the scope. */
  rightToList(container: ContainerTarget): Right | undefined {
    return this.covers(container) ? Right.established('list', container) : undefined;
  }
}

async function findKey(
  request: Request,
  target: ObjectTarget,
  parameters: Parameters,
  signature: Signature,
  next: Handler,
): Promise<Key | undefined> {
  const keys = await readTempUrlKeys(request, target, next);
  return findSigningKey(keys, request.method, target, parameters, signature);
}

/**
 * Whether the store checks signatures: without its `tempurl` it would go by the token, or
 * by what everybody may read, and would ignore the query.
 */
async function refusesOthers(
  request: Request,
  target: ObjectTarget,
  { hex }: Signature,
  next: Handler,
): Promise<boolean> {
  const pairs = new Map(parseQueryPairs(tempUrlQuery(request.query)).reverse());
  const forged = randomBytes(hex.length / 2).toString('hex');
  const query = formatQuery({ ...Object.fromEntries(pairs), temp_url_sig: forged });
  const { status } = await new SwiftClient(next, request, 'client').head(target, { query });
  return status === 401;
}
