import { parseQuery } from './target';

/**
 * Whether a request is signed for the S3 API: in the header (versions 2 and 4) or in the
 * query (presigned).
 */
export function isSignedForS3(authorization: string | undefined, query: string): boolean {
  if (/^AWS/i.test(authorization ?? '')) return true;
  if (query === '') return false;
  const parameters = parseQuery(query);
  return (
    parameters.has('X-Amz-Algorithm') ||
    parameters.has('X-Amz-Signature') ||
    // as Swift's own s3api recognises version 2
    parameters.has('AWSAccessKeyId')
  );
}
