import fc from 'fast-check';
import { pick, users, weighted, withHeaders } from './generate_parts';
import { ROLES } from './places';
import { headerText, type Step } from './steps';

/** Values that a client may send as an archive's name. */
const location = weighted([
  [8, pick(['{x}', '{y}', '{q}'])],
  [2, pick(['{z}', '{Z}', '{l}', '{m}', '{s}', '{h}'])],
  [
    1,
    pick([
      '{x}/{n0}',
      '/{x}',
      '{x}%2Fmore',
      '%2F{x}',
      '{x}%3Fa=b',
      '{m}%20',
      '',
      ' ',
      '%',
      '%zz',
      '.',
      '..',
      headerText('é'),
      'l'.repeat(256),
      'l'.repeat(257),
    ]),
  ],
]);

const STACK = 'X-Versions-Location';
const HISTORY = 'X-History-Location';

const setting: fc.Arbitrary<Readonly<Record<string, string>>> = weighted<
  Readonly<Record<string, string>>
>([
  [4, location.map((value) => ({ [STACK]: value }))],
  [4, location.map((value) => ({ [HISTORY]: value }))],
  [
    1,
    fc
      .tuple(location, location)
      .map(([stack, history]) => ({ [STACK]: stack, [HISTORY]: history })),
  ],
  [
    2,
    pick<Readonly<Record<string, string>>>([
      { 'X-Remove-Versions-Location': 'x' },
      { 'X-Remove-History-Location': 'x' },
      { 'X-Remove-Versions-Location': '' },
      { 'X-Remove-Versions-Location': 'x', [HISTORY]: '{y}' },
      { 'X-Remove-History-Location': 'x', [HISTORY]: '{y}' },
      { 'X-Remove-History-Location': 'x', [STACK]: '' },
      { [STACK]: '', [HISTORY]: '{x}' },
      { [STACK]: '{x}', [HISTORY]: '' },
      { [STACK]: '', [HISTORY]: '' },
      { 'x-versions_location': '{x}' },
    ]),
  ],
]);

/** Enables or disables versions, or changes the mode or the archive. */
export const settingStep: fc.Arbitrary<Step> = fc
  .record({
    user: users,
    method: pick(['POST', 'PUT']),
    at: weighted([
      [6, pick(['s', 'h', 'b', 'p'])],
      [1, pick(['o', 'x', 'm'])],
    ]),
    setting,
    more: withHeaders({ 'X-Container-Meta-Colour': ['red', headerText('grün')] }),
  })
  .map(({ user, method, at, setting, more }) => ({
    user,
    method,
    account: ROLES[at]!.account,
    path: `/{${at}}`,
    headers: { ...setting, ...more },
  }));

const anyContainer = weighted([
  [4, pick(['s', 'h', 'b', 'x', 'y'])],
  [1, pick(['p', 'o', 'q', 'z', 'm', 'l'])],
]);

const LISTINGS = [
  '',
  '?format=json',
  '?prefix={a:0}',
  '?format=json&prefix={a:0}&reverse=on',
  '?delimiter=/',
  '?format=json&delimiter=/&reverse=true',
  '?limit=1',
  '?limit=2&reverse=on',
  '?marker={a:0}&end_marker={a:1}',
  '?format=xml',
  '?limit=10001',
  '?path=',
];

/** Reads, creates and deletes containers, and changes their metadata and ACLs. */
export const containerStep: fc.Arbitrary<Step> = fc
  .record({ user: users, at: anyContainer })
  .chain(({ user, at }) => {
    const step = { user, account: ROLES[at]!.account, path: `/{${at}}` };
    return weighted<Step>([
      [2, fc.constant({ ...step, method: 'HEAD' })],
      [4, pick(LISTINGS).map((query) => ({ ...step, method: 'GET', path: step.path + query }))],
      [1, fc.constant({ ...step, method: 'DELETE' })],
      [1, fc.constant({ ...step, method: 'PUT' })],
      [
        1,
        pick<Readonly<Record<string, string>>>([
          { 'X-Container-Meta-Colour': 'blue' },
          { 'X-Remove-Container-Meta-Colour': 'x' },
          { 'X-Container-Write': '' },
          { 'X-Container-Write': 'test2:tester2,test:tester3' },
        ]).map((headers) => ({ ...step, method: 'POST', headers })),
      ],
    ]);
  });
