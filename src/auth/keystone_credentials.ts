import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Credential, CredentialSource } from './credential';
import { toBytes, toText, type ByteString } from '../http/bytes';
import { readJsonText } from '../formats/json';
import { StoreError } from '../util/store_error';
import {
  askIdentity,
  keystoneUrl,
  loginKeystone,
  LoginRefused,
  tokenFacts,
  type IdentityAnswer,
  type KeystoneUser,
} from './logins';
import { LoggedIn, type Session } from './session';

/** A request as Keystone is shown it, which finds out by the signature whether the owner of a credential made it. All is text. */
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

const Kept = z.object({
  credential: z.object({
    type: z.string(),
    user_id: z.string(),
    project_id: z.string().nullable(),
    blob: z.string(),
  }),
});

const Blob = z.object({ access: z.string(), secret: z.string() });

/** The credentials of type `ec2` that users have made at a Keystone (version 3), which is asked in the name of a service user. */
export class KeystoneCredentials implements CredentialSource {
  private readonly serviceUser: LoggedIn;

  /** @param service needs what Keystone's policy asks for `identity:get_credential` and `identity:ec2tokens_validate`: the role admin, as a rule */
  constructor(
    private readonly authUrl: URL,
    private readonly service: KeystoneUser,
  ) {
    this.serviceUser = new LoggedIn(loginKeystone(authUrl, service));
  }

  /**
   * Its user is `PROJECT:USER`, by their ids, its key the secret.
   *
   * @throws StoreError where Keystone does not tell; it says what the service user lacks
   */
  async find(accessKey: ByteString): Promise<Credential | undefined> {
    // Keystone gives credentials of this type the digests of their access keys for ids
    const id = createHash('sha256').update(accessKey, 'latin1').digest('hex');
    const { status, text } = await this.ask('GET', `credentials/${id}`);
    if (status === 404) return undefined;
    if (status !== 200) throw this.unfit(status, 'read credentials', 'identity:get_credential');
    return credentialIn(text, accessKey);
  }

  /**
   * Logs in whoever has signed a request.
   *
   * @throws LoginRefused where the signature is not right, or the user or the project is not to be let in; another StoreError where
   *   Keystone does not tell
   */
  async login(credentials: Ec2Request): Promise<Session> {
    const { status, headers, text } = await this.ask(
      'POST',
      'ec2tokens',
      JSON.stringify({ credentials }),
    );
    const token = headers['x-subject-token'];
    if (status === 200 && typeof token === 'string') return { token, ...tokenFacts(text) };
    if (status === 401 || status === 404)
      throw new LoginRefused(
        `the owner of the access key ${credentials.access} was refused: Keystone answered ${status}`,
      );
    throw this.unfit(status, 'have signatures judged', 'identity:ec2tokens_validate');
  }

  private async ask(method: 'GET' | 'POST', path: string, body?: string): Promise<IdentityAnswer> {
    const token = await this.token();
    const answer = await this.askWith(token, method, path, body);
    if (answer.status !== 401 || (await this.isGood(token))) return answer;
    return this.askWith(await this.token(token), method, path, body);
  }

  /** A 401 may be about the service user's token, or about what was asked. */
  private async isGood(token: string): Promise<boolean> {
    const headers = { 'X-Auth-Token': token, 'X-Subject-Token': token };
    const url = keystoneUrl(this.authUrl, 'auth/tokens?nocatalog');
    return (await askIdentity(url, 'GET', headers)).status === 200;
  }

  private askWith(
    token: string,
    method: 'GET' | 'POST',
    path: string,
    body?: string,
  ): Promise<IdentityAnswer> {
    const headers = { 'X-Auth-Token': token, ...(body && { 'Content-Type': 'application/json' }) };
    return askIdentity(keystoneUrl(this.authUrl, path), method, headers, body);
  }

  private async token(refused?: string): Promise<string> {
    try {
      return (await this.serviceUser.session(refused)).token;
    } catch (error) {
      // no client is to blame for that
      if (error instanceof LoginRefused) throw new StoreError('unavailable', error.message);
      throw error;
    }
  }

  private unfit(status: number, what: string, rule: string): StoreError {
    const { username, project_name } = this.service;
    return new StoreError(
      'unavailable',
      status === 403
        ? `the service user ${username} may not ${what}: Keystone's policy ${rule} asks for another role than it has in the project ${project_name}, as a rule admin`
        : `Keystone at ${this.authUrl.origin} answered ${status} when it was asked to ${what}`,
    );
  }
}

function credentialIn(text: string, accessKey: ByteString): Credential | undefined {
  const { type, user_id, project_id, blob } = read(Kept, text).credential;
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
    // what was read may be secret
    throw new StoreError('unavailable', 'Keystone told a credential that cannot be read');
  }
}
