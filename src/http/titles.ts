/** A header's name as Python's `str.title` writes it. */
export function titled(key: string): string {
  return key.replace(/[a-z]+/g, (word) => word.charAt(0).toUpperCase() + word.slice(1));
}
