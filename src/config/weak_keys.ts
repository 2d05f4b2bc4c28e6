/** Characters that a key has at least. */
const MIN_LENGTH = 12;

/** Keys that the samples, README, and the documents of Swift and of S3 print for everybody to read. */
const PRINTED = new Set([
  'AWS_SECRET_ACCESS_KEY',
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
