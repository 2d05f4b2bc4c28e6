import type { ApiVocabulary } from '../../src/dialects/vocabulary';

/** What S3 has in common for all its operations. `docs/s3.md` lists what is ignored. */
export const VOCABULARY: ApiVocabulary = {
  prefix: 'x-amz-',
  common: [
    // the signature, and the body that it covers
    'x-amz-content-sha256',
    'x-amz-date',
    'x-amz-decoded-content-length',
    'x-amz-trailer',
    // compared with the owner
    'x-amz-expected-bucket-owner',
    'x-amz-source-expected-bucket-owner',
  ],
  ignored: {
    'x-amz-bypass-governance-retention': 'Nothing has a retention that could be bypassed.',
    'x-amz-cf-id': 'CloudFront adds it: the id of a request.',
    'x-amz-mfa': 'MFA Delete cannot be switched on, so no code is needed.',
    'x-amz-optional-object-attributes':
      'It asks for `RestoreStatus`, which only archived objects have; none is archived.',
    'x-amz-request-payer': 'Requests cost nothing, whoever pays for them.',
    'x-amz-user-agent': 'It names the client, as `User-Agent` does.',
    'x-id': 'SDKs name the operation for statistics. What is done follows from the rest.',
  },
  versionId: 'versionId',
};
