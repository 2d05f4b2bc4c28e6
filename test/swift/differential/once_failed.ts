import type { Sequence } from './steps';

/** Sequences that once showed a difference, reduced to what shows it, and are compared before all others. */
export const ONCE_FAILED: readonly Sequence[] = [
  {
    names: ['foo', 'foo', 'foo'],
    steps: [
      { user: 'tester', method: 'PUT', account: 'test', path: '/{h}/{n0}', body: 'one' },
      {
        user: 'tester',
        method: 'PUT',
        account: 'test',
        path: '/{h}/{n0}?heartbeat=on&multipart-manifest=put',
        body: 'sloBad',
      },
    ],
  },
  {
    names: ['%ff', 'foo', 'foo'],
    steps: [
      {
        user: 'anonymous',
        method: 'PUT',
        account: 'test',
        path: '/{s}/{n0}?heartbeat=on&multipart-manifest=put',
        headers: { 'Content-Type': 'text/slo' },
        body: 'slo1',
      },
    ],
  },
];
