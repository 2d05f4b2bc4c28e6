import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  versionName,
  versionsContainerOf,
} from '../../../src/versioning/object_versioning/version_names';
import { Headers } from '../../../src/http/headers';
import { archiveOf } from '../../support/clients/archives';
import { Client, type Answer } from '../../support/clients/client';
import {
  presignedForS3,
  signedForm,
  signedForS3,
  temporaryQuery,
} from '../../support/clients/signatures';
import { KEY, OBJECT, SYNC_KEY, type Target } from './target';

/** A way to overwrite or delete an object: it must be refused, or archive the object. */
interface Way {
  readonly name: string;
  write(target: Target): Promise<Answer>;
}

/** An entry of `/info`: the ways in which it writes, or why it does not. */
export type Capability = { readonly ways: readonly Way[] } | { readonly why: string };

const ask = (
  method: string,
  query: string,
  headers: Record<string, string> = {},
  body?: string | Buffer,
  name = `${method} ${query}`,
): Way => ({
  name,
  write: ({ owner, container }) =>
    owner.ask(method, `/${container}/${OBJECT}${query}`, headers, body),
});

const nobody = ({ owner }: Target) => new Client(owner.url, Headers.none, owner.account);

const PLAIN: readonly Way[] = [
  ask('PUT', '', {}, 'after'),
  ask('PUT', '', {}),
  ask('DELETE', ''),
  ask('POST', '', { 'X-Object-Meta-A': 'b' }),
  {
    name: 'COPY onto it',
    write: ({ owner, container, plain }) =>
      owner.ask('COPY', `/${plain}/source`, { Destination: `${container}/${OBJECT}` }),
  },
  {
    name: 'COPY onto it, with its account',
    write: ({ owner, container, plain }) =>
      owner.ask('COPY', `/${plain}/source`, {
        destination: `/${container}/${OBJECT}`,
        Destination_Account: owner.account.slice('/v1/'.length),
      }),
  },
  {
    name: 'PUT with X-Copy-From',
    write: ({ owner, container, plain }) =>
      owner.ask('PUT', `/${container}/${OBJECT}`, { X_Copy_From: `${plain}/source` }),
  },
];

const bulk = (method: string, name: (container: string) => string): Way => ({
  name: `${method} ?bulk-delete of ${name('container')}`,
  write: ({ owner, container }) =>
    owner.ask(method, '?bulk-delete', { 'Content-Type': 'text/plain' }, name(container)),
});

const extract = (format: string, pack: (tar: Buffer) => Buffer = (tar) => tar): Way => ({
  name: `PUT ?extract-archive=${format}`,
  write: async ({ owner, container }) =>
    owner.ask(
      'PUT',
      `/${container}?extract-archive=${format}`,
      {},
      pack(await archiveOf([{ name: OBJECT, body: 'x' }])),
    ),
});

const temporary = (method: string, headers: Record<string, string> = {}): Way => ({
  name: `${method} by a temporary URL with ${Object.keys(headers).join() || 'nothing more'}`,
  write: (target) => {
    const query = temporaryQuery({ key: KEY }, method, target.path);
    return nobody(target).send(
      method,
      `${target.path}?${query}`,
      headers,
      method === 'PUT' ? 'after' : undefined,
    );
  },
});

const form = (name: string, headers: Record<string, string> = {}, prefix = ''): Way => ({
  name,
  write: (target) => {
    const path = target.path.slice(0, -OBJECT.length) + prefix;
    const { headers: own, body } = signedForm(
      { key: KEY },
      path,
      OBJECT.slice(prefix.length),
      'after',
    );
    return nobody(target).send('POST', path, { ...headers, ...own }, body);
  },
});

const S3_USER = ['test:tester', 'testing'] as const;

const s3 = (
  method: string,
  more: { query?: string; headers?: Record<string, string>; body?: string } = {},
): Way => ({
  name: `${method} ${more.query ?? ''} ${Object.keys(more.headers ?? {}).join()} by the S3 API`,
  write: (target) => {
    const path = `/${target.container}${more.query === '?delete' ? '' : `/${OBJECT}`}${more.query ?? ''}`;
    const copied = more.headers && { 'x-amz-copy-source': `/${target.plain}/source` };
    const headers = signedForS3(S3_USER, method, path, { ...more.headers, ...copied });
    return nobody(target).send(method, path, headers, more.body);
  },
});

const presigned = (method: string): Way => ({
  name: `${method} by a presigned URL of the S3 API`,
  write: (target) => {
    return nobody(target).send(
      method,
      presignedForS3(S3_USER, method, `/${target.container}/${OBJECT}`),
      {},
      method === 'PUT' ? 'after' : undefined,
    );
  },
});

/** Uses the lab's domain `domain.test`: the host names the container and the account. */
const remapped = (
  method: string,
  path: (target: Target) => string,
  headers: Record<string, string> = {},
): Way => ({
  name: `${method} with the container in Host`,
  write: (target) => {
    const account = target.owner.account.slice('/v1/'.length).replace('_', '-');
    const host = { Host: `${target.container}.${account}.domain.test` };
    return target.owner.send(
      method,
      path(target),
      { ...host, ...headers },
      method === 'PUT' ? 'after' : undefined,
    );
  },
});

/**
 * Signs as another cluster's container-sync does (Swift's `ContainerSyncRealms.get_sig`),
 * by the lab's realm.
 */
const synchronised = (method: string): Way => ({
  name: `${method} by container synchronisation`,
  write: async (target) => {
    const { owner, container, path } = target;
    await owner.ask('POST', `/${container}`, { 'X-Container-Sync-Key': SYNC_KEY });
    const timestamp = (Date.now() / 1000 + 0.001).toFixed(5);
    const text = [method, path, timestamp, 'nonce', SYNC_KEY].join('\n');
    const signature = createHmac('sha1', 'realm-key').update(text).digest('hex');
    const headers = { 'X-Container-Sync-Auth': `lab nonce ${signature}`, 'X-Timestamp': timestamp };
    return nobody(target).send(method, path, headers, method === 'PUT' ? 'after' : undefined);
  },
});

const manifest = ({ plain }: Target) => JSON.stringify([{ path: `/${plain}/source` }]);

const LARGE: readonly Way[] = ['', '&heartbeat=on', '&heartbeat=on&symlink=get'].map((more) => ({
  name: `PUT ?multipart-manifest=put${more}`,
  write: (target) =>
    target.owner.ask(
      'PUT',
      `/${target.container}/${OBJECT}?multipart-manifest=put${more}`,
      {},
      manifest(target),
    ),
}));

/**
 * Deletes a large object elsewhere, whose only segment is the object, with its segments.
 */
const asSegment = (more: string): Way => ({
  name: `DELETE ?multipart-manifest=delete${more} of a manifest elsewhere that names it`,
  write: async ({ owner, container, plain }) => {
    const named = JSON.stringify([{ path: `/${container}/${OBJECT}` }]);
    await owner.ask('PUT', `/${plain}/large?multipart-manifest=put`, {}, named);
    return owner.ask('DELETE', `/${plain}/large?multipart-manifest=delete${more}`);
  },
});

const onLink = (method: string): Way => ({
  name: `${method} to a symlink that leads to it`,
  write: async ({ owner, container, plain }) => {
    await owner.ask('PUT', `/${plain}/link`, { 'X-Symlink-Target': `${container}/${OBJECT}` });
    return owner.ask(method, `/${plain}/link`, {}, method === 'PUT' ? 'after' : undefined);
  },
});

/**
 * Uses the id of a version that is not current. A client may remove the current one by
 * its id on purpose.
 */
const ofVersions: readonly Way[] = (['PUT', 'DELETE', 'POST', 'COPY'] as const).map((method) => ({
  name: `${method} ?version-id of an older version`,
  write: async (target) => {
    const { owner, container } = target;
    await owner.ask('PUT', `/${container}/${OBJECT}`, {}, 'older');
    await owner.ask('PUT', `/${container}/${OBJECT}`, {}, 'newer');
    const [, older = '0000000001.00000'] = await target.ids();
    const copied = method === 'COPY' ? { Destination: `${container}/${OBJECT}` } : {};
    return owner.ask(method, `/${container}/${OBJECT}?version-id=${older}`, copied);
  },
}));

/** The current object remains a version. */
const switchedOff: Way = {
  name: 'PUT while versions are switched off',
  write: async ({ owner, container }) => {
    await owner.ask('POST', `/${container}`, { 'X-Versions-Enabled': 'false' });
    const answer = await owner.ask('PUT', `/${container}/${OBJECT}`, {}, 'after');
    await owner.ask('POST', `/${container}`, { 'X-Versions-Enabled': 'true' });
    return answer;
  },
};

/** The path of a version in the versions container, which no client may name. */
const onEntry: readonly Way[] = ['PUT', 'DELETE', 'POST', 'COPY', 'bulk-delete'].map((method) => ({
  name: `${method} of where a version is kept`,
  write: async (target) => {
    const [newest = '0000000001.00000'] = await target.ids();
    const { owner, container, plain } = target;
    const entry = `${versionsContainerOf(container)}/${encodeURIComponent(versionName(OBJECT, newest))}`;
    if (method === 'bulk-delete')
      return owner.ask('POST', '?bulk-delete', { 'Content-Type': 'text/plain' }, entry);
    if (method === 'COPY') return owner.ask('COPY', `/${plain}/source`, { Destination: entry });
    return owner.ask(method, `/${entry}`, {}, method === 'PUT' ? 'after' : undefined);
  },
}));

/** By their names in `/info`: all that Swift 2.30 and Hindsight can report. */
export const CAPABILITIES: Readonly<Record<string, Capability>> = {
  swift: { ways: PLAIN },
  symlink: {
    ways: [
      ask('PUT', '', { 'X-Symlink-Target': 'elsewhere/object' }),
      onLink('PUT'),
      onLink('POST'),
      onLink('DELETE'),
    ],
  },
  slo: {
    ways: [
      ...LARGE,
      ask('DELETE', '?multipart-manifest=delete'),
      asSegment(''),
      asSegment('&async=yes'),
      asSegment('&async=on&symlink=get'),
    ],
  },
  dlo: { ways: [ask('PUT', '', { 'X-Object-Manifest': 'c/p' })] },
  bulk_delete: {
    ways: [
      bulk('POST', (container) => `${container}/${OBJECT}`),
      bulk('DELETE', (container) => `/${container}/${OBJECT}`),
      bulk('POST', (container) => `//${container}/%6Fbject\r\n\n`),
    ],
  },
  bulk_upload: {
    ways: [
      extract('tar'),
      extract('TAR.GZ', (tar) => gzipSync(tar)),
      extract('.tar.gz', (tar) => gzipSync(tar)),
    ],
  },
  tempurl: {
    ways: [
      temporary('PUT'),
      temporary('DELETE'),
      temporary('POST'),
      temporary('PUT', { 'X-Timestamp': '9999999999' }),
    ],
  },
  formpost: {
    ways: [
      form('a form'),
      form('a form below a prefix', {}, OBJECT.slice(0, 2)),
      form('a form that another spelling of Content-Type hides', { Content_Type: 'text/plain' }),
    ],
  },
  s3api: {
    ways: [
      s3('PUT', { body: 'after' }),
      s3('DELETE'),
      s3('PUT', { headers: { 'x-amz-metadata-directive': 'REPLACE' } }),
      s3('POST', { query: '?uploads' }),
      s3('POST', {
        query: '?delete',
        body: `<Delete><Object><Key>${OBJECT}</Key></Object></Delete>`,
      }),
      presigned('PUT'),
      presigned('DELETE'),
    ],
  },
  domain_remap: {
    ways: [
      remapped('PUT', () => `/${OBJECT}`),
      remapped('DELETE', () => `/${OBJECT}`),
      remapped('COPY', ({ plain }) => `/${plain}/source`, { Destination: OBJECT }),
      remapped('PUT', () => `http://elsewhere.test/${OBJECT}`),
    ],
  },
  container_sync: { ways: [synchronised('PUT'), synchronised('DELETE')] },
  versioned_writes: {
    ways: [
      ask('PUT', '', { 'X-Versions-Location': '' }, 'after'),
      ask('PUT', '', { 'X-Remove-History-Location': 'x' }, 'after'),
    ],
  },
  account_quotas: { why: 'it only refuses' },
  container_quotas: { why: 'it only refuses' },
  name_check: { why: 'it only refuses' },
  ratelimit: { why: 'it only delays and refuses' },
  read_only: { why: 'it only refuses' },
  crossdomain: { why: 'it answers /crossdomain.xml, and nothing else' },
  etag_quoter: { why: 'it changes ETags of answers' },
  staticweb: { why: 'it answers GET and HEAD' },
  tempauth: { why: 'it logs in, and keeps tokens in memory' },
  keystoneauth: { why: 'it only refuses' },
  encryption: { why: 'it changes bodies on their way, and no request' },
  cname_lookup: {
    why: 'it takes Host for another one, which writes do not pass on; see domain_remap',
  },
  object_versioning: {
    ways: [
      ...ofVersions,
      ask('PUT', '', { 'X-Versions-Enabled': 'false' }, 'after'),
      ask('POST', '?version-id=null'),
      switchedOff,
      ...onEntry,
    ],
  },
};
