/** Characters that a key has at least. */
const MIN_LENGTH = 12;

/**
 * Keys that the documents of Swift, S3 and COS print for everybody to read; those of the samples are
 * too short, and S3's and QingStor's others say that they are examples.
 */
const PRINTED = new Set([
  'AWS_SECRET_ACCESS_KEY',
  'b3968d0207b54ece87cccc06515a89d4',
  'BQYIM75p8x0iWVFSIgqEKwFprpRSVHlz',
  'correct horse battery staple',
  'secret_admin_key',
  'swift_password',
  'f423bf7ab663888fe832',
  'bd08f643f5663c4ec607',
]);
/** What a key of an example calls itself, wherever that stands in it. */
const EXAMPLE = /example|changeme/i;

/** What is wrong with a key that lets its holder in from other machines; undefined for a good one. */
export function weaknessOfKey(key: string): string | undefined {
  if (key.length < MIN_LENGTH) return `has fewer than ${MIN_LENGTH} characters`;
  if (PRINTED.has(key) || EXAMPLE.test(key)) return 'is printed in documents for everybody to read';
  if (new Set(key).size < MIN_LENGTH / 3) return 'has hardly any different characters';
  return undefined;
}
