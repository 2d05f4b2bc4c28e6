import { copyObject, type CopyResult } from '../../buckets/copies';
import type { ObjectRef } from '../../buckets/versions';
import { Headers } from '../../http/headers';
import type { Operation, Route, Call } from './call';
import { parseCopySource } from '../copy_source';
import { xml, xmlAnswer } from '../xml';
import { checkNewObjectAcl } from './requested_acl';
import { invalidArgument, isoTime, keyOf } from './arguments';
import { conditionsOf, writeConditionOf } from './conditions';
import { contentHeadersOf, tagHeadersOf } from './object_headers';
import { checksumElements } from './part_list';
import { COPY } from './vocabulary';
import { idOf } from './writes';

const SOURCE = 'x-amz-copy-source';

export const copyRoutes: readonly Route[] = [
  {
    name: 'CopyObject',
    method: 'PUT',
    on: 'object',
    header: SOURCE,
    vocabulary: COPY,
    run: (call) => copy(call),
  },
];

/** Makes the requested copy; also returns the headers with the version ids. */
export async function copyForCall(
  call: Call,
): Promise<{ readonly copied: CopyResult; readonly told: Headers }> {
  const { caller, request } = call;
  const range = request.headers.get(`${SOURCE}-range`);
  if (range !== undefined) throw invalidArgument(`${SOURCE}-range`, range, 'Illegal copy header');
  const isFresh = directiveOf(call, 'x-amz-metadata-directive', 'Unknown metadata directive.');
  const isTagged = directiveOf(call, 'x-amz-tagging-directive', 'Unknown tagging directive.');
  // validated even if nothing of it is used
  const described = contentHeadersOf(call);
  await checkNewObjectAcl(call);
  const copied = await copyObject(caller, copySourceOf(call), keyOf(call), {
    conditions: conditionsOf(call, `${SOURCE}-`),
    condition: writeConditionOf(call),
    fresh: isFresh ? described : undefined,
    tags: isTagged ? ((await tagHeadersOf(call)) ?? Headers.none) : undefined,
  });
  const told = Headers.of({
    'x-amz-version-id': idOf(copied.versionId),
    'x-amz-copy-source-version-id': copied.sourceVersionId,
  });
  return { copied, told };
}

const copy: Operation = async (call) => {
  const { copied, told } = await copyForCall(call);
  const sums = checksumElements(copied.checksums);
  const content = [
    xml('LastModified', isoTime(copied.modified)),
    xml('ETag', `"${copied.etag}"`),
    ...sums,
    sums.length === 0 ? undefined : xml('ChecksumType', 'FULL_OBJECT'),
  ];
  return xmlAnswer(call, 200, 'CopyObjectResult', content, told);
};

/** Whether properties come from the request rather than from the source. */
function directiveOf({ request: { headers } }: Call, name: string, message: string): boolean {
  const directive = headers.get(name) ?? 'COPY';
  if (directive !== 'COPY' && directive !== 'REPLACE')
    throw invalidArgument(name, directive, message);
  return directive === 'REPLACE';
}

/** Returns the source of a copy: `bucket/key?versionId=ID`. */
export function copySourceOf({ request: { headers } }: Call): ObjectRef {
  return parseCopySource(headers.get(SOURCE) ?? '', SOURCE, 'versionId');
}
