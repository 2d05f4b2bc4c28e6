/** Characters that a key has at least. */
const MIN_LENGTH = 12;

/**
 * Keys that the documents of Swift, S3 and COS print for everybody to read; those of the samples are
 * too short.
 */
const PRINTED = new Set([
  'AWS_SECRET_ACCESS_KEY',
  'b3968d0207b54ece87cccc06515a89d4',
  'BQYIM75p8x0iWVFSIgqEKwFprpRSVHlz',
  'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  'correct horse battery staple',
]);

/** What is wrong with a key that lets its holder in from other machines; undefined for a good one. */
export function weaknessOfKey(key: string): string | undefined {
  if (key.length < MIN_LENGTH) return `has fewer than ${MIN_LENGTH} characters`;
  if (PRINTED.has(key)) return 'is printed in documents for everybody to read';
  if (new Set(key).size < MIN_LENGTH / 3) return 'has hardly any different characters';
  return undefined;
}
