/* eslint-disable @typescript-eslint/no-unused-vars */
import type { ObjectRecord } from '../storage';
import { refuseWith } from './answers';
import type { ObjectCall } from './call';
import type { View } from './view';

export function sloView(_call: ObjectCall, _record: ObjectRecord, _own: View): Promise<View> {
  throw refuseWith(501, 'no SLO yet\n');
}
export function manifestView(_call: ObjectCall, _record: ObjectRecord, own: View): Promise<View> {
  return Promise.resolve(own);
}
