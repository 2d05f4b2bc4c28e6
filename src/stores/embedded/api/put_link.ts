import { quote, toBytes, toText, unquote, type ByteString } from '../../../http/bytes';
import { parseCopyHeader, type ObjectTarget } from '../../../swift_api/target';
import type { Response } from '../../../swift_api/message';
import { page, Refused, refuseWith } from './answers';
import type { ObjectCall } from './call';
import { commit, created, draftOf, type Draft } from './draft';
import { linkAttributes, openObject, type Link } from './links';
import { normalEtag } from '../../../swift_api/conditions';
import { receiveBody } from './receive';
import { Headers } from '../../../http/headers';

/** PUT with X-Symlink-Target (Swift's `SymlinkObjectContext.handle_put`). */
export async function putLink(call: ObjectCall): Promise<Response> {
  const { request, storage } = call;
  if (Number(request.headers.get('content-length') ?? '0') > 0 || isLong(request.body))
    throw hasBody();
  const { contentType, attributes, listed } = linkParts(call);
  const draft = draftOf(call, contentType);
  const record = await receiveBody(storage, request, (content) => {
    if (content.size > 0) throw hasBody();
    return commit(
      call,
      { ...draft, attributes: { ...draft.attributes, ...attributes }, listed },
      content,
    );
  });
  if (record === undefined) throw new Error('a content just received was gone');
  return created(record);
}

/** What the headers of a symlink make of its object. */
export function linkParts(call: ObjectCall): Pick<Draft, 'contentType' | 'attributes'> & {
  readonly listed: NonNullable<Draft['listed']>;
} {
  const { link, target } = parseLink(call);
  const there = link.etag === undefined ? undefined : pinned(call, target, link.etag);
  const own: Link = there === undefined ? link : { ...link, bytes: String(there.bytes) };
  return {
    contentType: there?.contentType ?? 'application/symlink',
    attributes: linkAttributes(own),
    listed: { bytes: 0, extra: { ...listedLink(target, own), ...there?.extra } },
  };
}

function isLong(body: ObjectCall['request']['body']): boolean {
  return Buffer.isBuffer(body) && body.length > 0;
}

/** A symlink has no content of its own. */
export function hasBody(): Refused {
  return refuseWith(400, 'Symlink requests require a zero byte body');
}

const FORM = 'X-Symlink-Target header must be of the form <container name>/<object name>';

function parseLink({ request, target }: ObjectCall): { link: Link; target: ObjectTarget } {
  const header = request.headers.get('x-symlink-target') ?? '';
  if (unquote(header).startsWith('/')) throw refuseWith(412, FORM);
  const path = parseCopyHeader(header);
  if (path === undefined) throw new Refused(page(412, FORM));
  const given = request.headers.get('x-symlink-target-account');
  const account = given === undefined ? target.account : accountOf(given);
  const isItself =
    account === target.account &&
    path.container === target.container &&
    path.object === target.object;
  if (isItself) throw refuseWith(400, 'Symlink cannot target itself');
  const etag = normalEtag(request.headers.get('x-symlink-target-etag') ?? '');
  if (/[;"\\]/.test(etag)) throw refuseWith(400, 'Bad X-Symlink-Target-Etag format');
  return {
    link: {
      target: quote(`${path.container}/${path.object}`),
      account: given === undefined ? undefined : quote(account),
      etag: etag === '' ? undefined : etag,
      bytes: undefined,
    },
    target: { version: target.version, account, ...path },
  };
}

function accountOf(header: ByteString): ByteString {
  const account = unquote(header);
  if (account !== '' && !account.includes('/')) return account;
  throw refuseWith(
    412,
    account === '' ? 'Account name cannot be empty' : 'Account name cannot contain slashes',
  );
}

/** What a static link takes over of its target, which must be there now with the ETag that the client gave. */
function pinned(call: ObjectCall, target: ObjectTarget, etag: string) {
  try {
    const { record } = openObject(call, 'HEAD', target, 'static', etag);
    const { attributes, contentType, content } = record;
    const sloEtag = attributes['x-object-sysmeta-slo-etag'];
    const bytes = attributes['x-object-sysmeta-slo-size'] ?? content.size;
    return { contentType, bytes, extra: sloEtag === undefined ? {} : { slo_etag: `"${sloEtag}"` } };
  } catch (error) {
    if (!(error instanceof Refused) || error.response.status !== 404) throw error;
    const location = `/v1/${quote(target.account)}/${quote(target.container)}/${quote(target.object)}`;
    const headers = Headers.of({ 'Content-Type': 'text/plain', 'Content-Location': location });
    throw refuseWith(409, 'X-Symlink-Target does not exist', headers);
  }
}

/** What listings tell of a link; its path names the account. */
function listedLink({ version, account }: ObjectTarget, link: Link): Record<string, string> {
  return {
    ...(link.etag === undefined ? {} : { symlink_etag: link.etag }),
    ...(link.bytes === undefined ? {} : { symlink_bytes: link.bytes }),
    symlink_path: toText(toBytes(`/${version}/${link.account ?? account}/${link.target}`)),
  };
}
