import { checkVersionId } from '../../buckets/versions';
import type { Call } from './call';

export { conditionsOf, removeConditionOf, writeConditionOf } from '../conditions';

/** Returns the version that a request names. @throws BucketError `invalid-argument` */
export function versionOf({ parameters }: Call): string | undefined {
  const id = parameters.get('versionId');
  return id === undefined ? undefined : checkVersionId(id, 'versionId');
}
