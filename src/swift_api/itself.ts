/**
 * The query that requests an object itself: the manifest of a large object rather than
 * its content, a symlink rather than its target. Swift's response to such a HEAD has a
 * length and no body.
 */
export const ITSELF_QUERY = 'multipart-manifest=get&symlink=get';
