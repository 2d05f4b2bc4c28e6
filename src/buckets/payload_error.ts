import { ClientGone } from '../swift_api/message';
import type { BucketError } from './errors';

/**
 * The error of a body that is not what was signed or declared. The store takes it for a
 * client that disconnected, so nothing of the body is kept; the dialect's filter sends
 * the reason.
 */
export class PayloadError extends ClientGone {
  constructor(readonly reason: BucketError) {
    super(reason.message);
  }
}
