/* eslint-disable @typescript-eslint/no-unused-vars */
import type { Response } from '../../../http/message';
import { refuseWith } from './answers';
import type { ObjectCall } from './call';

export function putLarge(_call: ObjectCall): Promise<Response> {
  throw refuseWith(501, 'no SLO yet\n');
}
export function deleteLarge(_call: ObjectCall): Promise<Response> {
  throw refuseWith(501, 'no SLO yet\n');
}
