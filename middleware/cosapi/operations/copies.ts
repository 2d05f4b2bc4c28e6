import type { Operation, Route } from '../../../src/dialects/s3/call';
import { isoTime } from '../../../src/dialects/s3/arguments';
import { contentSumField, contentSumIn } from '../../../src/dialects/s3/content_sum';
import { copyForCall } from '../../../src/dialects/s3/copies';
import { COPY } from '../../../src/dialects/s3/vocabulary';
import { xml, xmlAnswer } from '../../../src/dialects/xml';

export const copyRoutes: readonly Route[] = [
  {
    name: 'CopyObject',
    method: 'PUT',
    on: 'object',
    header: 'x-amz-copy-source',
    vocabulary: COPY,
    run: (call) => copy(call),
  },
];

/** Copies an object; the document also contains the id of the new version. */
const copy: Operation = async (call) => {
  const { copied, told } = await copyForCall(call);
  const id = told.get('x-amz-version-id');
  const crc64 = contentSumIn(call, copied.checksums);
  const content = [
    xml('ETag', `"${copied.etag}"`),
    crc64 === undefined ? undefined : xml('CRC64', crc64),
    xml('LastModified', isoTime(copied.modified)),
    id === undefined ? undefined : xml('VersionId', id),
  ];
  return xmlAnswer(
    call,
    200,
    'CopyObjectResult',
    content,
    told.withAll(contentSumField(call, copied.checksums)),
  );
};
