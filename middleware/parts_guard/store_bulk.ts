import { readNames } from '../../src/plugin/held_names';
import type { Request } from '../../src/swift_api/message';
import { parseQuery, type Target } from '../../src/swift_api/target';
import { leadsToParts } from './named';

/** Whether a request deletes many objects at once through the store's own `bulk`. */
export function isBulkDelete({ method, query }: Request): boolean {
  return /^(POST|DELETE)$/.test(method) && parseQuery(query).has('bulk-delete');
}

/**
 * Whether a request extracts an archive into whatever containers its entries name,
 * through the store's own `bulk`.
 */
export function isWideExtraction({ method, query }: Request, target: Target): boolean {
  return (
    method === 'PUT' && target.container === undefined && parseQuery(query).has('extract-archive')
  );
}

/** Whether any name in a list leads to parts. */
export async function hasPathToParts(list: Buffer): Promise<boolean> {
  for await (const name of readNames(list)) if (leadsToParts(name)) return true;
  return false;
}
