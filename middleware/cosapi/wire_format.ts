import type { WireFormat } from '../../src/dialects/s3/call';
import { isText, unquote, type ByteString } from '../../src/http/bytes';
import { xml } from '../../src/dialects/xml';
import { toCosNames } from './renaming';

/** How COS differs from S3 on the wire. Its documents have no namespace. */
export const WIRE_FORMAT: WireFormat = {
  owner: ({ caller: { user }, bucket }) => [
    // older documents have only this one
    xml('UID', appIdIn(bucket) ?? user),
    xml('ID', user),
    xml('DisplayName', user),
  ],
  // the second is the name in older documents
  encodingElements: ['EncodingType', 'Encoding-Type'],
  // the document's own example has parts of this size
  minPartSize: 1024 * 1024,
  // as in the document's example, and as the SDK for Python expects
  hasCapitals: true,
  contentSum: 'crc64ecma',
  hasResponseVary: true,
  everybody: ['http://cam.qcloud.com/groups/global/AllUsers', 'qcs::cam::anyone:anyone'],
  groups: ['http://cam.qcloud.com/groups/global/AuthenticatedUsers'],
  inheritedAcl: 'default',
  location: ({ request: { host, path } }) => `${host ?? ''}${path}`,
  errors: {
    codes: {
      'malformed-authorization': ['InvalidArgument', 400],
      'key-too-long': ['KeyTooLong', 400],
    },
    element: ({ path, host, transactionId }, code, message, fields) => {
      const resource = `${host ?? ''}${unquote(path)}`;
      return xml('Error', [
        xml('Code', code),
        xml('Message', toCosNames(message)),
        ...Object.entries(fields).map(([name, value]) =>
          xml(name, FIELDS_NAMING_HEADERS.has(name) ? toCosNames(value) : value),
        ),
        xml('Resource', isText(resource) ? resource : `${host ?? ''}${path}`),
        xml('RequestId', transactionId),
        xml('TraceId', transactionId),
      ]);
    },
  },
};

/** Returns the APPID at the end of a bucket's name; undefined if there is none. */
function appIdIn(bucket: ByteString | undefined): string | undefined {
  return /-(\d+)$/.exec(bucket ?? '')?.[1];
}

/** Fields whose value may be the name of a header. */
const FIELDS_NAMING_HEADERS: ReadonlySet<string> = new Set(['ArgumentName', 'MissingHeaderName']);
