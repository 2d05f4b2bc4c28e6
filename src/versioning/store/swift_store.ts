import { drain } from '../../http/body';
import { isTrueValue, quote, toText, type ByteString } from '../../http/bytes';
import { Headers } from '../../http/headers';
import { textResponse, type Handler, type Request, type Response } from '../../swift_api/message';
import { readAnswer } from '../../swift_api/json_response';
import { BROKEN_MANIFEST } from '../../swift_api/reserved';
import { expectWritten, objectInfo, parseListing, withoutType } from './responses';
import { ITSELF } from '../../swift_api/itself';
import {
  DELETE_MARKER_TYPE,
  NEW_MARKER_LIFE,
  NEW_MARKER_TYPE,
  VERSION_MARKER_TYPE,
} from '../../swift_api/markers';
import { NoteBinding } from './note_binding';
import type { Notes } from './recovery_notes';
import { StoreClock } from './store_clock';
import type { LinkParts, ListingEntry, ObjectInfo, ObjectRef, Store, TypedEntry } from './store';
import { SwiftClient, expectSuccess } from '../../swift_api/client';

const MAX_LISTING_BYTES = 32 * 1024 * 1024;
/** What a POST sets, besides metadata, and takes back where it does not name it. */
const POSTED_HEADERS = [
  'content-encoding',
  'content-disposition',
  'content-language',
  'cache-control',
  'expires',
  'x-robots-tag',
  'x-object-manifest',
];
const COPIED_HEADERS = ['content-type', 'content-encoding', 'content-disposition', 'x-delete-at'];
/** What a DELETE with a condition that nothing meets is answered where it is allowed, also where something is there, or was. */
const WITH_THE_RIGHT = [404, 409, 412];
/** A delete needs two entries, and the newest of them are the first. */
const FIRST_PAGE = 5;
const LATER_PAGES = 1000;

/** Of what a page of a listing is asked for: account, container, and the query. */
type Page = readonly [ByteString, ByteString, Readonly<Record<string, ByteString | undefined>>];

/**
 * A store behind a handler that speaks the Swift API. Its requests are made on behalf of one client's request, and in the name of
 * that client or of the service user.
 */
export class SwiftStore implements Store {
  private readonly clock = new StoreClock();
  private readonly client: SwiftClient;

  /**
   * @param next the rest of the pipeline
   * @param parent the request on whose behalf this store is asked; its authority, its transaction id and its signal hold for all
   * @param binding binds the notes that are written, and decides which of those that are read count
   */
  constructor(
    next: Handler,
    parent: Request,
    private readonly binding = new NoteBinding(),
  ) {
    this.client = new SwiftClient(refusingNoContainer(next), parent);
  }

  async stat(object: ObjectRef): Promise<ObjectInfo | undefined> {
    const response = await this.ask('HEAD', object, ITSELF, Headers.of({ 'X-Newest': 'true' }));
    this.clock.set(response.headers.get('date'));
    if (response.status === 404) {
      await drain(response.body);
      return undefined;
    }
    await expectSuccess(response, `${named(object)} could not be looked at`);
    return objectInfo(response, object, this.binding);
  }

  async contentType(object: ObjectRef): Promise<ByteString | undefined> {
    const response = await this.ask(
      'HEAD',
      object,
      'symlink=get',
      Headers.of({ 'X-Newest': 'true' }),
    );
    if (response.status === 404) {
      await drain(response.body);
      return undefined;
    }
    await expectSuccess(response, `${named(object)} could not be looked at`);
    return response.headers.get('content-type') ?? '';
  }

  async copy(
    from: ObjectRef,
    to: ObjectRef,
    notes: Notes = {},
    contentType?: ByteString,
  ): Promise<boolean> {
    const source = Headers.of({
      'Content-Type': contentType,
      'X-Copy-From': quote(`${from.container}/${from.object}`),
      'X-Copy-From-Account': from.account === to.account ? undefined : quote(from.account),
    });
    const noted = this.noted(notes, to);
    let response = await this.ask('PUT', to, ITSELF, source.withAll(noted));
    if (response.status === 400 && Object.keys(notes).length > 0) {
      // it may have as much metadata as an object can have
      await drain(response.body);
      response = await this.ask('PUT', to, ITSELF, source);
    }
    const failure = `${named(from)} could not be copied to ${named(to)}`;
    try {
      await expectWritten(response, failure);
    } catch (error) {
      if (response.status >= 500 || response.status < 300) throw error;
      const source = await this.ask('HEAD', from, ITSELF, Headers.of({ 'X-Newest': 'true' }));
      await drain(source.body);
      if (source.status === 404) return false;
      if (response.status !== 400 || !isTrueValue(source.headers.get('x-static-large-object')))
        throw error;
      const own = Headers.of({ 'Content-Type': contentType }).withAll(noted);
      return this.copyAsText(from, to, own, failure);
    }
    return true;
  }

  /**
   * Copies the manifest of a large object whose segments are gone. Swift takes no such manifest, so what is left of the object, the
   * text of its manifest, becomes an ordinary object with the same metadata, and with a note of what it is.
   */
  private async copyAsText(
    from: ObjectRef,
    to: ObjectRef,
    own: Headers,
    failure: string,
  ): Promise<boolean> {
    const manifest = await this.ask('GET', from, `${ITSELF}&format=raw`, Headers.none);
    if (manifest.status !== 200) await expectSuccess(manifest, failure);
    const body = await readAnswer(manifest.body, MAX_LISTING_BYTES, `${failure}: its manifest`);
    const kept = manifest.headers.filter(
      (key) => key.startsWith('x-object-meta-') || COPIED_HEADERS.includes(key),
    );
    const noted = kept.withAll(own).with(BROKEN_MANIFEST, 'its segments are gone');
    const put = await this.ask('PUT', to, '', noted, body);
    await expectWritten(put, failure);
    return true;
  }

  async putMarker(at: ObjectRef, notes: Notes = {}): Promise<void> {
    const failure = `the delete marker ${named(at)} could not be written`;
    const creation = this.noted({ ...notes, unfinished: true }, at)
      .with('Content-Type', NEW_MARKER_TYPE)
      .with('X-Delete-After', String(NEW_MARKER_LIFE));
    await expectWritten(await this.ask('PUT', at, '', creation), failure);
  }

  /** Swift lets a client set the type of a marker only with a POST, which also takes back that it expires. */
  async finishMarker(at: ObjectRef): Promise<boolean> {
    const response = await this.ask(
      'POST',
      at,
      '',
      Headers.of({ 'Content-Type': DELETE_MARKER_TYPE }),
    );
    if (response.status === 404) {
      await drain(response.body);
      return false;
    }
    await expectSuccess(response, `the delete marker ${named(at)} could not be finished`);
    return true;
  }

  /** On the condition that it expires when it was to, which one that was finished meanwhile does not. */
  async retractMarker(at: ObjectRef): Promise<void> {
    const found = await this.stat(at);
    if (found?.contentType !== NEW_MARKER_TYPE || found.deleteAt === undefined) return;
    const response = await this.ask(
      'DELETE',
      at,
      '',
      Headers.of({ 'X-If-Delete-At': found.deleteAt }),
    );
    if (WITH_THE_RIGHT.includes(response.status)) await drain(response.body);
    else await expectSuccess(response, `the delete marker ${named(at)} could not be taken back`);
  }

  async putNote(at: ObjectRef, contentType: ByteString): Promise<void> {
    const response = await this.ask('PUT', at, '', Headers.of({ 'Content-Type': contentType }));
    await expectWritten(response, `${named(at)} could not be written`);
  }

  async putVersionMarker(at: ObjectRef, contentType = VERSION_MARKER_TYPE): Promise<boolean> {
    const headers = Headers.of({ 'Content-Type': contentType, 'If-None-Match': '*' });
    const response = await this.ask('PUT', at, '', headers);
    if (response.status === 412) {
      await drain(response.body);
      return false;
    }
    await expectWritten(response, `the delete marker ${named(at)} could not be written`);
    return true;
  }

  async putLink(
    at: ObjectRef,
    to: ObjectRef,
    { etag, contentType, expiry }: LinkParts,
  ): Promise<void> {
    const headers = Headers.of({
      'X-Symlink-Target': quote(`${to.container}/${to.object}`),
      'X-Symlink-Target-Etag': etag,
      'Content-Type': contentType,
      'X-Delete-At': expiry?.at,
      'X-Delete-After': expiry?.after,
    });
    await expectWritten(
      await this.ask('PUT', at, '', headers),
      `${named(at)} could not be written`,
    );
  }

  async keepForever(object: ObjectRef): Promise<void> {
    const failure = `${named(object)} could not be kept from expiring`;
    const is = await this.ask('HEAD', object, ITSELF, Headers.of({ 'X-Newest': 'true' }));
    await expectSuccess(is, failure);
    if (!is.headers.has('x-delete-at')) return;
    const kept = is.headers.filter(
      (key) => key.startsWith('x-object-meta-') || POSTED_HEADERS.includes(key),
    );
    const post = await this.ask('POST', object, '', kept);
    // to a symlink it is applied, and the answer says that it was not to the target
    if (post.status === 307) await drain(post.body);
    else await expectSuccess(post, failure);
  }

  now(): number {
    return this.clock.now();
  }

  /**
   * By a DELETE that cannot take effect: nothing is there, and what is does not expire in 1970. Swift judges the right before it looks,
   * and leaves no tombstone for a condition that nothing meets, so that this costs a request and no more.
   */
  async checkRemoval(absent: ObjectRef): Promise<void> {
    if (this.client.authority !== 'client') return;
    const response = await this.ask('DELETE', absent, '', Headers.of({ 'X-If-Delete-At': '1' }));
    if (WITH_THE_RIGHT.includes(response.status)) await drain(response.body);
    else await expectSuccess(response, `nothing may be removed from ${toText(absent.container)}`);
  }

  async remove(object: ObjectRef): Promise<boolean> {
    const response = await this.ask('DELETE', object, '', Headers.none);
    if (response.status === 404) {
      await drain(response.body);
      return false;
    }
    await expectSuccess(response, `${named(object)} could not be removed`);
    return true;
  }

  async *listBackwards(
    account: ByteString,
    container: ByteString,
    prefix: ByteString,
  ): AsyncGenerator<ListingEntry> {
    const ask = (marker: ByteString, limit: number) =>
      this.lines(account, container, { prefix, marker, limit: String(limit), reverse: 'on' });
    let marker = '';
    for (let limit = FIRST_PAGE; ; limit = LATER_PAGES) {
      const page = await ask(marker, limit);
      // of what order one entry is, only the next page tells
      if (marker === '' && page[0] && page.length === 1)
        page.push(...(await ask(page[0].name, LATER_PAGES)));
      const first = page[0];
      const last = page.at(-1);
      if (first === undefined || last === undefined) return;
      if (first.name < last.name || (marker !== '' && first.name > marker)) {
        yield* await this.turnedRound(account, container, prefix, marker);
        return;
      }
      yield* page;
      marker = last.name;
    }
  }

  async firstName(
    account: ByteString,
    container: ByteString,
    prefix: ByteString,
  ): Promise<ByteString | undefined> {
    return (await this.firstEntries(account, container, prefix, 1))[0]?.name;
  }

  firstEntries(
    account: ByteString,
    container: ByteString,
    prefix: ByteString,
    max: number,
  ): Promise<readonly TypedEntry[]> {
    return this.page(account, container, { prefix, limit: String(max) });
  }

  /** For a store that ignores `reverse`: all entries up to a name, the last first. */
  private async turnedRound(
    account: ByteString,
    container: ByteString,
    prefix: ByteString,
    end: ByteString,
  ): Promise<ListingEntry[]> {
    const all: ListingEntry[] = [];
    for (let marker = ''; ;) {
      const page = await this.lines(account, container, {
        prefix,
        marker,
        end_marker: end === '' ? undefined : end,
      });
      const last = page.at(-1);
      if (last === undefined) return all.reverse();
      all.push(...page);
      marker = last.name;
    }
  }

  private async lines(...[account, container, parameters]: Page): Promise<ListingEntry[]> {
    return (await this.page(account, container, parameters)).map(withoutType);
  }

  private async page(...[account, container, parameters]: Page): Promise<TypedEntry[]> {
    const query = { format: 'json', ...parameters };
    const response = await this.client.get({ version: 'v1', account, container }, { query });
    if (response.status === 404) {
      await drain(response.body);
      return [];
    }
    if (response.status >= 300)
      await expectSuccess(response, `the archive ${toText(container)} could not be listed`);
    const body = await readAnswer(response.body, MAX_LISTING_BYTES, 'a page of a listing');
    return response.status === 204 ? [] : parseListing(body);
  }

  private noted(notes: Notes, at: ObjectRef): Headers {
    return this.binding.headersOf(notes, at, this.now());
  }

  private ask(
    method: string,
    object: ObjectRef,
    query: string,
    headers: Headers,
    body?: Buffer,
  ): Promise<Response> {
    const parts = { query, headers, ...(body === undefined ? {} : { body }) };
    return this.client.send(method, { version: 'v1', ...object }, parts);
  }
}

/** A setting may name an archive that is no container (`%2Fx`); Swift answers 412 to such a path. */
function refusingNoContainer(next: Handler): Handler {
  return (request) =>
    request.path.split('/')[3] === ''
      ? Promise.resolve(textResponse(412, 'Bad URL'))
      : next(request);
}

function named({ container, object }: ObjectRef): string {
  return toText(`${container}/${object}`);
}
