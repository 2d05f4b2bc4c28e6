import type { Spelling } from '../../src/dialects/call';
import { isText, unquote } from '../../src/http/bytes';
import { xml } from '../../src/dialects/xml';
import { renamedText } from './renaming';

/** How COS writes what S3 writes otherwise. Its documents have no namespace. */
export const SPELLING: Spelling = {
  // older documents tell only the first
  person: (user) => [xml('UID', user), xml('ID', user), xml('DisplayName', user)],
  everybody: 'http://cam.qcloud.com/groups/global/AllUsers',
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
        xml('Message', renamedText(message)),
        ...Object.entries(fields).map(([name, value]) =>
          xml(name, NAMING.has(name) ? renamedText(value) : value),
        ),
        xml('Resource', isText(resource) ? resource : `${host ?? ''}${path}`),
        xml('RequestId', transactionId),
        xml('TraceId', transactionId),
      ]);
    },
  },
};

/** What is told in these may be the name of a header. */
const NAMING: ReadonlySet<string> = new Set(['ArgumentName', 'MissingHeaderName']);
