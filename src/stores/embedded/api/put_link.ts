import { quote, toBytes, toText, unquote, type ByteString } from '../../../http/bytes';
import { parseCopyHeader, type ObjectTarget } from '../../../swift_api/target';
import type { Response } from '../../../swift_api/message';
import { htmlResponse, Refused, refuseWith } from './answers';
import type { ObjectCall } from './call';
import { commit, createdResponse, draftOf, type Draft } from './draft';
import { linkAttributes, openObject, type Link } from './links';
import { unquoteEtag } from '../../../swift_api/conditions';
import { receiveBody } from './receive';
import { Headers } from '../../../http/headers';
import {
  X_SYMLINK_TARGET,
  X_SYMLINK_TARGET_ACCOUNT,
  X_SYMLINK_TARGET_ETAG,
} from '../../../swift_api/header_names';

/** Answers PUT with X-Symlink-Target (Swift's `SymlinkObjectContext.handle_put`). */
export async function putLink(call: ObjectCall): Promise<Response> {
  const { request, storage } = call;
  if (Number(request.headers.get('content-length') ?? '0') > 0 || hasBytes(request.body))
    throw linkBodyRefusal();
  const { contentType, attributes, listed } = linkParts(call);
  const draft = draftOf(call, contentType);
  const record = await receiveBody(storage, request, (content) => {
    if (content.size > 0) throw linkBodyRefusal();
    return commit(
      call,
      { ...draft, attributes: { ...draft.attributes, ...attributes }, listed },
      content,
    );
  });
  if (record === undefined) throw new Error('content that was just received is gone');
  return createdResponse(record);
}

/** Returns what the symlink headers of a request determine of its object. */
export function linkParts(call: ObjectCall): Pick<Draft, 'contentType' | 'attributes'> & {
  readonly listed: NonNullable<Draft['listed']>;
} {
  const { link, target } = parseLink(call);
  const pinnedTarget = link.etag === undefined ? undefined : pinTarget(call, target, link.etag);
  const fullLink: Link =
    pinnedTarget === undefined ? link : { ...link, bytes: String(pinnedTarget.bytes) };
  return {
    contentType: pinnedTarget?.contentType ?? 'application/symlink',
    attributes: linkAttributes(fullLink),
    listed: { bytes: 0, extra: { ...linkListing(target, fullLink), ...pinnedTarget?.extra } },
  };
}

function hasBytes(body: ObjectCall['request']['body']): boolean {
  return Buffer.isBuffer(body) && body.length > 0;
}

/** Refuses a symlink with a body. */
export function linkBodyRefusal(): Refused {
  return refuseWith(400, 'Symlink requests require a zero byte body');
}

const FORM = 'X-Symlink-Target header must be of the form <container name>/<object name>';

function parseLink({ request, target }: ObjectCall): { link: Link; target: ObjectTarget } {
  const header = request.headers.get(X_SYMLINK_TARGET) ?? '';
  if (unquote(header).startsWith('/')) throw refuseWith(412, FORM);
  const path = parseCopyHeader(header);
  if (path === undefined) throw new Refused(htmlResponse(412, FORM));
  const accountHeader = request.headers.get(X_SYMLINK_TARGET_ACCOUNT);
  const account = accountHeader === undefined ? target.account : accountOf(accountHeader);
  const isItself =
    account === target.account &&
    path.container === target.container &&
    path.object === target.object;
  if (isItself) throw refuseWith(400, 'Symlink cannot target itself');
  const etag = unquoteEtag(request.headers.get(X_SYMLINK_TARGET_ETAG) ?? '');
  if (/[;"\\]/.test(etag)) throw refuseWith(400, 'Bad X-Symlink-Target-Etag format');
  return {
    link: {
      target: quote(`${path.container}/${path.object}`),
      account: accountHeader === undefined ? undefined : quote(account),
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

/**
 * Returns what a static link takes from its target, which must exist with the ETag that
 * the client sent.
 */
function pinTarget(call: ObjectCall, target: ObjectTarget, etag: string) {
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

/** Returns what listings show of a link; its path includes the account. */
function linkListing({ version, account }: ObjectTarget, link: Link): Record<string, string> {
  return {
    ...(link.etag === undefined ? {} : { symlink_etag: link.etag }),
    ...(link.bytes === undefined ? {} : { symlink_bytes: link.bytes }),
    symlink_path: toText(toBytes(`/${version}/${link.account ?? account}/${link.target}`)),
  };
}
