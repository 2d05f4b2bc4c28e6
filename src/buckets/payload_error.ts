import { ClientGone } from '../swift_api/message';
import type { BucketError } from './errors';

/**
 * What a body breaks off with that is not what was signed or promised: to the store it is a client that left, so that nothing of it is kept;
 * the dialect's filter answers the reason.
 */
export class PayloadError extends ClientGone {
  constructor(readonly reason: BucketError) {
    super(reason.message);
  }
}
