/**
 * The query that asks for an object itself: for a large object's manifest and not its content, for a symlink and not its target.
 * Swift answers a HEAD with it with a length and no body.
 */
export const ITSELF = 'multipart-manifest=get&symlink=get';
