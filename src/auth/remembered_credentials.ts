import { Semaphore } from 'async-mutex';
import { LRUCache } from 'lru-cache';
import type { Credential, CredentialSource } from './credential';
import type { ByteString } from '../http/bytes';
import { StoreError } from '../util/store_error';

/** How many credentials are remembered, and how many access keys of none. */
const MAX = 10_000;

/** How long it is remembered that an access key is nobody's, in milliseconds: whoever has just made it waits no longer. */
const NOBODYS = 5000;

/** Questions that are asked at once. */
const AT_ONCE = 16;

/** Questions that are asked or wait for that. */
const MAX_QUESTIONS = 1000;

/** Characters of an access key, as with AWS. */
const LONGEST = 128;

/**
 * The credentials that another service knows. What it told is remembered, also that there is none; all who ask for one wait for the same
 * answer; and only so many questions are asked at once, so that access keys at random do no harm to the service.
 */
export class RememberedCredentials implements CredentialSource {
  private readonly known: LRUCache<ByteString, Credential>;
  private readonly nobodys: LRUCache<ByteString, true>;
  private readonly questions = new Map<ByteString, Promise<Credential | undefined>>();
  private readonly places = new Semaphore(AT_ONCE);

  /** @param time milliseconds for which a credential is good without asking again, 1 at least */
  constructor(
    private readonly source: CredentialSource,
    time: number,
  ) {
    this.known = new LRUCache({ max: MAX, ttl: time });
    this.nobodys = new LRUCache({ max: MAX, ttl: Math.min(time, NOBODYS) });
  }

  /** @throws StoreError where the service could not tell, or is asked too much */
  async find(accessKey: ByteString): Promise<Credential | undefined> {
    if (accessKey.length > LONGEST) return undefined;
    const known = this.known.get(accessKey);
    if (known || this.nobodys.has(accessKey)) return known;
    return this.questions.get(accessKey) ?? this.ask(accessKey);
  }

  private ask(accessKey: ByteString): Promise<Credential | undefined> {
    if (this.questions.size >= MAX_QUESTIONS)
      throw new StoreError('unavailable', `${MAX_QUESTIONS} access keys are being asked for`);
    const question = this.places
      .runExclusive(() => this.source.find(accessKey))
      .then((credential) => {
        if (credential) this.known.set(accessKey, credential);
        else this.nobodys.set(accessKey, true);
        return credential;
      })
      .finally(() => this.questions.delete(accessKey));
    this.questions.set(accessKey, question);
    return question;
  }
}
