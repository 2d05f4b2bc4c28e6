/** Capitalizes a header name like Python's `str.title`. */
export function titleCase(key: string): string {
  return key.replace(/[a-z]+/g, (word) => word.charAt(0).toUpperCase() + word.slice(1));
}
