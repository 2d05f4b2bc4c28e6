import { drain } from '../../http/body';
import { quote, toText, type ByteString } from '../../http/bytes';
import { Headers } from '../../http/headers';
import { textResponse, type Handler, type Request, type Response } from '../../swift_api/message';
import { readResponse } from '../../swift_api/json_response';
import { BROKEN_MANIFEST } from '../../swift_api/reserved';
import { expectWritten, parseObjectInfo } from './responses';
import { ITSELF_QUERY } from '../../swift_api/itself';
import {
  DELETE_MARKER_TYPE,
  NEW_MARKER_LIFE,
  NEW_MARKER_TYPE,
  VERSION_MARKER_TYPE,
} from '../../swift_api/markers';
import { NoteBinding } from './note_binding';
import type { RecoveryNotes } from './recovery_notes';
import { rangeOfWhole, readSnapshot, type Snapshot } from './snapshot';
import { StoreClock } from './store_clock';
import { StoreListings } from './store_listings';
import type {
  LinkProperties,
  ListingEntry,
  ObjectInfo,
  ObjectRef,
  Store,
  TypedEntry,
} from './store';
import { SwiftClient, expectSuccess } from '../../swift_api/client';
import { X_DELETE_AT, X_OBJECT_MANIFEST } from '../../swift_api/header_names';
import { isStaticLargeObject, MAX_MANIFEST_BYTES } from '../../swift_api/stored_manifest';

/** Headers that a POST sets besides metadata, and removes if it does not have them. */
const POST_HEADERS = [
  'content-encoding',
  'content-disposition',
  'content-language',
  'cache-control',
  'expires',
  'x-robots-tag',
  X_OBJECT_MANIFEST,
];
/** Asks all replicas. */
const NEWEST = Headers.of({ 'X-Newest': 'true' });
const COPIED_HEADERS = ['content-type', 'content-encoding', 'content-disposition', X_DELETE_AT];
/**
 * The responses to a DELETE that is allowed but whose condition is not met, whether or
 * not there is or was an object.
 */
const CONDITION_NOT_MET = [404, 409, 412];
/**
 * The responses to a PUT of what the store itself may be able to copy: it takes a header,
 * or the content with its ETag, for wrong, or has not received it in time.
 */
const NOT_TAKEN = [400, 408, 422];
/**
 * A store behind a handler that speaks the Swift API. Makes requests on behalf of one
 * client's request, in the name of that client or of the service user.
 */
export class SwiftStore implements Store {
  private readonly clock = new StoreClock();
  private readonly client: SwiftClient;
  private readonly listings: StoreListings;

  /**
   * @param next the rest of the pipeline
   * @param parent the request on whose behalf requests are made; they have its authority,
   *   transaction id and signal
   * @param binding binds the notes that are written, and decides which of those read
   *   count
   * @param maxSnapshot max bytes of an object that `statWhole` fetches
   */
  constructor(
    next: Handler,
    parent: Request,
    private readonly binding = new NoteBinding(),
    private readonly maxSnapshot = 0,
  ) {
    this.client = new SwiftClient(refuseEmptyContainer(next), parent);
    this.listings = new StoreListings(this.client);
  }

  async stat(object: ObjectRef): Promise<ObjectInfo | undefined> {
    const response = await this.send('HEAD', object, ITSELF_QUERY, NEWEST);
    this.clock.set(response.headers.get('date'));
    if (response.status === 404) {
      await drain(response.body);
      return undefined;
    }
    await expectSuccess(response, `could not read the headers of ${pathOf(object)}`);
    return parseObjectInfo(response, object, this.binding);
  }

  async statWhole(object: ObjectRef): Promise<ObjectInfo | undefined> {
    const { maxSnapshot: max } = this;
    if (max === 0) return this.stat(object);
    const headers = NEWEST.with('Range', rangeOfWhole(max));
    const response = await this.send('GET', object, ITSELF_QUERY, headers);
    this.clock.set(response.headers.get('date'));
    if (response.status === 404) {
      await drain(response.body);
      return undefined;
    }
    if (response.status !== 200 && response.status !== 206) {
      // its text may quote the content, which the client may not be allowed to read:
      // Swift's traceback for the content type multipart/byteranges does
      await drain(response.body);
      return this.stat(object);
    }
    const snapshot = await readSnapshot(response, max);
    const info = parseObjectInfo(response, object, this.binding);
    return snapshot === undefined ? info : { ...info, snapshot };
  }

  async putSnapshot(
    { headers, body }: Snapshot,
    to: ObjectRef,
    condition?: 'if-new',
  ): Promise<'written' | 'exists' | 'not-taken'> {
    const sent = condition === undefined ? headers : headers.with('If-None-Match', '*');
    const response = await this.send('PUT', to, '', sent, body);
    const { status } = response;
    if (NOT_TAKEN.includes(status) || (condition === 'if-new' && status === 412)) {
      await drain(response.body);
      return status === 412 ? 'exists' : 'not-taken';
    }
    await expectWritten(response, `could not write ${pathOf(to)}`);
    return 'written';
  }

  async contentType(object: ObjectRef): Promise<ByteString | undefined> {
    const response = await this.send('HEAD', object, 'symlink=get', NEWEST);
    if (response.status === 404) {
      await drain(response.body);
      return undefined;
    }
    await expectSuccess(response, `could not read the headers of ${pathOf(object)}`);
    return response.headers.get('content-type') ?? '';
  }

  async copy(
    from: ObjectRef,
    to: ObjectRef,
    notes: RecoveryNotes = {},
    contentType?: ByteString,
  ): Promise<boolean> {
    const source = Headers.of({
      'Content-Type': contentType,
      'X-Copy-From': quote(`${from.container}/${from.object}`),
      'X-Copy-From-Account': from.account === to.account ? undefined : quote(from.account),
    });
    const noteHeaders = this.noteHeaders(notes, to);
    let response = await this.send('PUT', to, ITSELF_QUERY, source.withAll(noteHeaders));
    if (response.status === 400 && Object.keys(notes).length > 0) {
      // the source may already have as much metadata as an object can have
      await drain(response.body);
      response = await this.send('PUT', to, ITSELF_QUERY, source);
    }
    const failure = `could not copy ${pathOf(from)} to ${pathOf(to)}`;
    try {
      await expectWritten(response, failure);
    } catch (error) {
      if (response.status >= 500 || response.status < 300) throw error;
      const source = await this.send('HEAD', from, ITSELF_QUERY, NEWEST);
      await drain(source.body);
      if (source.status === 404) return false;
      if (response.status !== 400 || !isStaticLargeObject(source.headers)) throw error;
      const changes = Headers.of({ 'Content-Type': contentType }).withAll(noteHeaders);
      return this.copyAsText(from, to, changes, failure);
    }
    return true;
  }

  /**
   * Copies the manifest of a large object whose segments are gone. Swift accepts no such
   * manifest, so its text becomes an ordinary object with the same metadata, and with a
   * note of what it is.
   */
  private async copyAsText(
    from: ObjectRef,
    to: ObjectRef,
    changes: Headers,
    failure: string,
  ): Promise<boolean> {
    const manifest = await this.send('GET', from, `${ITSELF_QUERY}&format=raw`, Headers.none);
    if (manifest.status !== 200) await expectSuccess(manifest, failure);
    const body = await readResponse(manifest.body, MAX_MANIFEST_BYTES, `${failure}: its manifest`);
    const copiedHeaders = manifest.headers.filter(
      (key) => key.startsWith('x-object-meta-') || COPIED_HEADERS.includes(key),
    );
    const headers = copiedHeaders.withAll(changes).with(BROKEN_MANIFEST, 'its segments are gone');
    const response = await this.send('PUT', to, '', headers, body);
    await expectWritten(response, failure);
    return true;
  }

  async putMarker(at: ObjectRef, notes: RecoveryNotes = {}): Promise<void> {
    const failure = `could not write the delete marker ${pathOf(at)}`;
    const headers = this.noteHeaders({ ...notes, unfinished: true }, at)
      .with('Content-Type', NEW_MARKER_TYPE)
      .with('X-Delete-After', String(NEW_MARKER_LIFE));
    await expectWritten(await this.send('PUT', at, '', headers), failure);
  }

  /** Sets the type with a POST, the only way Swift has; this also removes the expiry. */
  async finishMarker(at: ObjectRef): Promise<boolean> {
    const response = await this.send(
      'POST',
      at,
      '',
      Headers.of({ 'Content-Type': DELETE_MARKER_TYPE }),
    );
    if (response.status === 404) {
      await drain(response.body);
      return false;
    }
    await expectSuccess(response, `could not finish the delete marker ${pathOf(at)}`);
    return true;
  }

  /** Deletes only if the expiry is unchanged; a finished marker has none. */
  async retractMarker(at: ObjectRef): Promise<void> {
    const marker = await this.stat(at);
    if (marker?.contentType !== NEW_MARKER_TYPE || marker.deleteAt === undefined) return;
    const response = await this.send(
      'DELETE',
      at,
      '',
      Headers.of({ 'X-If-Delete-At': marker.deleteAt }),
    );
    if (CONDITION_NOT_MET.includes(response.status)) await drain(response.body);
    else
      await expectSuccess(response, `could not remove the unfinished delete marker ${pathOf(at)}`);
  }

  async putNote(at: ObjectRef, contentType: ByteString): Promise<void> {
    const response = await this.send('PUT', at, '', Headers.of({ 'Content-Type': contentType }));
    await expectWritten(response, `could not write ${pathOf(at)}`);
  }

  async putVersionMarker(at: ObjectRef, contentType = VERSION_MARKER_TYPE): Promise<boolean> {
    const headers = Headers.of({ 'Content-Type': contentType, 'If-None-Match': '*' });
    const response = await this.send('PUT', at, '', headers);
    if (response.status === 412) {
      await drain(response.body);
      return false;
    }
    await expectWritten(response, `could not write the delete marker ${pathOf(at)}`);
    return true;
  }

  async putLink(
    at: ObjectRef,
    to: ObjectRef,
    { etag, contentType, expiry }: LinkProperties,
  ): Promise<void> {
    const headers = Headers.of({
      'X-Symlink-Target': quote(`${to.container}/${to.object}`),
      'X-Symlink-Target-Etag': etag,
      'Content-Type': contentType,
      'X-Delete-At': expiry?.at,
      'X-Delete-After': expiry?.after,
    });
    await expectWritten(await this.send('PUT', at, '', headers), `could not write ${pathOf(at)}`);
  }

  async keepForever(object: ObjectRef): Promise<void> {
    const failure = `could not remove the expiry of ${pathOf(object)}`;
    const response = await this.send('HEAD', object, ITSELF_QUERY, NEWEST);
    await expectSuccess(response, failure);
    if (!response.headers.has(X_DELETE_AT)) return;
    const headers = response.headers.filter(
      (key) => key.startsWith('x-object-meta-') || POST_HEADERS.includes(key),
    );
    const post = await this.send('POST', object, '', headers);
    // applied to a symlink itself; the response says that its target is unchanged
    if (post.status === 307) await drain(post.body);
    else await expectSuccess(post, failure);
  }

  now(): number {
    return this.clock.now();
  }

  /**
   * Sends a DELETE that cannot take effect: there is no such object, and none expires in
   * 1970. Swift checks the right first, and leaves no tombstone if the condition is not
   * met, so this costs only a request.
   */
  async checkRemoval(absent: ObjectRef): Promise<void> {
    if (this.client.authority !== 'client') return;
    const response = await this.send('DELETE', absent, '', Headers.of({ 'X-If-Delete-At': '1' }));
    if (CONDITION_NOT_MET.includes(response.status)) await drain(response.body);
    else
      await expectSuccess(
        response,
        `could not check the right to remove from ${toText(absent.container)}`,
      );
  }

  async remove(object: ObjectRef): Promise<boolean> {
    const response = await this.send('DELETE', object, '', Headers.none);
    if (response.status === 404) {
      await drain(response.body);
      return false;
    }
    await expectSuccess(response, `could not remove ${pathOf(object)}`);
    return true;
  }

  listBackwards(
    account: ByteString,
    container: ByteString,
    prefix: ByteString,
  ): AsyncGenerator<ListingEntry> {
    return this.listings.backwards(account, container, prefix);
  }

  firstEntries(
    account: ByteString,
    container: ByteString,
    prefix: ByteString,
    max: number,
  ): Promise<readonly TypedEntry[]> {
    return this.listings.first(account, container, prefix, max);
  }

  async firstName(
    account: ByteString,
    container: ByteString,
    prefix: ByteString,
  ): Promise<ByteString | undefined> {
    return (await this.listings.first(account, container, prefix, 1))[0]?.name;
  }

  private noteHeaders(notes: RecoveryNotes, at: ObjectRef): Headers {
    return this.binding.noteHeaders(notes, at, this.now());
  }

  private send(
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

/**
 * An archive's name may be empty (`%2Fx`). Swift answers 412 to the path of an object
 * there.
 */
function refuseEmptyContainer(next: Handler): Handler {
  return (request) =>
    request.path.split('/')[3] === ''
      ? Promise.resolve(textResponse(412, 'Bad URL'))
      : next(request);
}

function pathOf({ container, object }: ObjectRef): string {
  return toText(`${container}/${object}`);
}
