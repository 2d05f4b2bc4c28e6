import { checkVersionId } from '../../buckets/versions';
import type { Call } from './call';

export { conditionsOf, writeConditionOf } from '../conditions';

/** The version that a request is about. @throws BucketError `invalid-argument` */
export function versionOf({ parameters }: Call): string | undefined {
  const given = parameters.get('versionId');
  return given === undefined ? undefined : checkVersionId(given, 'versionId');
}
