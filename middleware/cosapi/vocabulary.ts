import type { Route } from '../../src/dialects/s3/call';
import { BODY } from '../../src/dialects/s3/vocabulary';
import type { ApiVocabulary } from '../../src/dialects/vocabulary';

/** What COS has in common for all its operations, by S3's names of headers. */
export const VOCABULARY: ApiVocabulary = {
  prefix: 'x-amz-',
  common: [
    // refused if it is true, which is not the default
    'x-amz-forbid-overwrite',
  ],
  ignored: {
    'x-amz-date': 'The signature has its own times.',
    'x-amz-mfa': 'MFA Delete cannot be switched on, so no code is needed.',
    'x-amz-request-payer': 'Requests cost nothing, whoever pays for them.',
    'x-amz-sdk-retry': 'The SDK says that it sends a request again.',
  },
  versionId: 'versionId',
  isCaseless: true,
};

/** Checksums of bodies, of which COS has only Content-MD5. */
const NOT_OF_BODIES: ReadonlySet<string> = new Set(
  BODY.filter((name) => name.startsWith('x-amz-')),
);

/** Returns an operation of S3 with what COS has of its vocabulary. */
export function inCos(route: Route): Route {
  const { vocabulary, name } = route;
  if (vocabulary?.headers === undefined || name === 'CompleteMultipartUpload') return route;
  const headers = vocabulary.headers.filter((header) => !NOT_OF_BODIES.has(header));
  return { ...route, vocabulary: { ...vocabulary, headers } };
}
