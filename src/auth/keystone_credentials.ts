import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Credential, CredentialSource } from './credential';
import { toBytes, toText, type ByteString } from '../http/bytes';
import { readJsonText } from '../formats/json';
import { StoreError } from '../util/store_error';
import {
  requestIdentity,
  keystoneUrl,
  loginKeystone,
  LoginRefused,
  parseToken,
  type IdentityResponse,
  type KeystoneUser,
} from './logins';
import { UserSession, type Session } from './session';

/**
 * A request in the form in which Keystone verifies its signature for the owner of the
 * access key. All is text.
 */
export interface Ec2Request {
  readonly access: string;
  readonly signature: string;
  readonly host: string;
  readonly verb: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** The SHA-256 of the body, in hex. */
  readonly body_hash: string;
}

const KeystoneCredential = z.object({
  credential: z.object({
    type: z.string(),
    user_id: z.string(),
    project_id: z.string().nullable(),
    blob: z.string(),
  }),
});

const Blob = z.object({ access: z.string(), secret: z.string() });

/**
 * The credentials of type `ec2` that users have created in a Keystone (version 3), which
 * are read on behalf of a service user.
 */
export class KeystoneCredentials implements CredentialSource {
  private readonly serviceUser: UserSession;

  /**
   * @param service needs what Keystone's policy requires for `identity:get_credential`
   *   and `identity:ec2tokens_validate`: usually the role admin
   */
  constructor(
    private readonly authUrl: URL,
    private readonly service: KeystoneUser,
  ) {
    this.serviceUser = new UserSession(loginKeystone(authUrl, service));
  }

  /**
   * Returns a credential whose user is `PROJECT:USER`, by their ids, and whose key is the
   * secret.
   *
   * @throws StoreError if Keystone does not return it; names what the service user lacks
   */
  async find(accessKey: ByteString): Promise<Credential | undefined> {
    // the id of a credential of this type is the digest of its access key
    const id = createHash('sha256').update(accessKey, 'latin1').digest('hex');
    const { status, text } = await this.request('GET', `credentials/${id}`);
    if (status === 404) return undefined;
    if (status !== 200)
      throw this.requestError(status, 'read credentials', 'identity:get_credential');
    return credentialIn(text, accessKey);
  }

  /**
   * Logs in the signer of a request.
   *
   * @throws LoginRefused if the signature is wrong, or the user or the project is not
   *   admitted; another StoreError if Keystone does not answer as expected
   */
  async login(credentials: Ec2Request): Promise<Session> {
    const { status, headers, text } = await this.request(
      'POST',
      'ec2tokens',
      JSON.stringify({ credentials }),
    );
    const token = headers['x-subject-token'];
    if (status === 200 && typeof token === 'string') return { token, ...parseToken(text) };
    if (status === 401 || status === 404)
      throw new LoginRefused(
        `Keystone refused the signature or the owner of the access key ${credentials.access}: it answered ${status}`,
      );
    throw this.requestError(status, 'verify signatures', 'identity:ec2tokens_validate');
  }

  private async request(
    method: 'GET' | 'POST',
    path: string,
    body?: string,
  ): Promise<IdentityResponse> {
    const token = await this.token();
    const answer = await this.send(token, method, path, body);
    if (answer.status !== 401 || (await this.isValid(token))) return answer;
    return this.send(await this.token(token), method, path, body);
  }

  /**
   * Returns whether the service user's token is valid: a 401 may be about it, or about
   * the request.
   */
  private async isValid(token: string): Promise<boolean> {
    const headers = { 'X-Auth-Token': token, 'X-Subject-Token': token };
    const url = keystoneUrl(this.authUrl, 'auth/tokens?nocatalog');
    return (await requestIdentity(url, 'GET', headers)).status === 200;
  }

  private send(
    token: string,
    method: 'GET' | 'POST',
    path: string,
    body?: string,
  ): Promise<IdentityResponse> {
    const headers = { 'X-Auth-Token': token, ...(body && { 'Content-Type': 'application/json' }) };
    return requestIdentity(keystoneUrl(this.authUrl, path), method, headers, body);
  }

  private async token(refused?: string): Promise<string> {
    try {
      return (await this.serviceUser.get(refused)).token;
    } catch (error) {
      // no client is to blame for this
      if (error instanceof LoginRefused) throw new StoreError('unavailable', error.message);
      throw error;
    }
  }

  private requestError(status: number, what: string, rule: string): StoreError {
    const { username, project_name } = this.service;
    return new StoreError(
      'unavailable',
      status === 403
        ? `the service user ${username} may not ${what}: Keystone's policy ${rule} requires another role than it has in the project ${project_name}, usually admin`
        : `Keystone at ${this.authUrl.origin} answered ${status} to a request to ${what}`,
    );
  }
}

function credentialIn(text: string, accessKey: ByteString): Credential | undefined {
  const { type, user_id, project_id, blob } = read(KeystoneCredential, text).credential;
  if (type !== 'ec2') return undefined;
  const { access, secret } = read(Blob, blob);
  if (access !== toText(accessKey)) return undefined;
  const secretKey = toBytes(secret);
  return { accessKey, secretKey, user: toBytes(`${project_id ?? ''}:${user_id}`), key: secretKey };
}

function read<T>(schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(readJsonText(text));
  } catch {
    // the text may contain secrets, so it is not quoted
    throw new StoreError('unavailable', 'Keystone returned a credential that cannot be parsed');
  }
}
