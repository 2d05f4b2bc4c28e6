/** Minimum length of a key. */
const MIN_LENGTH = 12;

/**
 * Keys that the documentation of Swift, S3 and COS prints. Those of the samples are too
 * short, and other ones of S3 and QingStor say that they are examples.
 */
const PUBLISHED = new Set([
  'AWS_SECRET_ACCESS_KEY',
  'b3968d0207b54ece87cccc06515a89d4',
  'BQYIM75p8x0iWVFSIgqEKwFprpRSVHlz',
  'correct horse battery staple',
  'secret_admin_key',
  'swift_password',
  'f423bf7ab663888fe832',
  'bd08f643f5663c4ec607',
]);
/** The words by which an example key names itself, anywhere in it. */
const EXAMPLE = /example|changeme/i;

/**
 * Returns why a key is too weak to admit clients from other machines, or undefined if it
 * is not.
 */
export function keyWeakness(key: string): string | undefined {
  if (key.length < MIN_LENGTH) return `has fewer than ${MIN_LENGTH} characters`;
  if (PUBLISHED.has(key) || EXAMPLE.test(key)) return 'is published in documentation';
  if (new Set(key).size < MIN_LENGTH / 3) return 'has too few different characters';
  return undefined;
}
