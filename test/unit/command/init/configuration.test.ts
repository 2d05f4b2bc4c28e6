import fc from 'fast-check';
import { readUsers } from '../../../../middleware/tempauth/users';
import type { Answers, ServiceAnswer } from '../../../../src/command/init/answers';
import { formatConfiguration } from '../../../../src/command/init/configuration';
import { readUserNames } from '../../../../src/command/init/readers';
import { parseIni } from '../../../../src/config/ini';
import { Mistakes } from '../../../../src/config/mistakes';
import { SecretFiles } from '../../../../src/config/secret_files';
import { toBytes } from '../../../../src/http/bytes';
import { readConfig } from '../../../../src/pipeline/load';
import '../../../support/running/runs';

const KEY = '0123456789abcdef0123456789abcdef';
const FILE = '/run/secrets/key';

const user = { account: 'test', user: 'tester', key: KEY };
const common = { ip: '127.0.0.1', port: 8080, s3: true, users: [] };
const embedded: Answers = { ...common, kind: 'embedded', data: '/var/data', users: [user] };
const service: ServiceAnswer = {
  authUrl: 'http://auth.example/v3',
  user: 'admin:admin',
  key: { file: FILE },
  project: 'service',
};
const over = (kind: 'swift' | 'keystone', changes: object = {}): Answers => ({
  ...common,
  kind,
  upstream: 'http://swift.example:8080',
  service,
  noteKey: KEY,
  ...changes,
});

const ALL: readonly (readonly [string, Answers])[] = [
  ['embedded', embedded],
  ['swift', over('swift')],
  ['swift with users', over('swift', { users: [{ ...user, swiftKey: { file: FILE } }] })],
  ['swift without a service user', over('swift', { service: undefined })],
  ['keystone', over('keystone')],
  ['keystone without a service user', over('keystone', { service: undefined, s3: false })],
];

const read = (text: string) =>
  readConfig(text, 'test.conf', {}, new SecretFiles({ [FILE]: 'a secret' }));

describe.each(ALL)('the configuration for %s', (_, answers) => {
  it.each(['127.0.0.1', '0.0.0.0', '::'])('is valid at %s, with S3 and without', (ip) => {
    for (const s3 of [answers.s3, false]) {
      const config = read(formatConfiguration({ ...answers, ip, port: 81, s3 }));
      expect(config.server).toMatchObject({ bind_ip: ip, bind_port: 81 });
      expect(config.pipeline.includes('s3api')).toBe(s3);
      expect(config.remarks.filter((remark) => remark.includes('unused'))).toEqual([]);
    }
  });
});

/** Returns the value of an option as a server reads it. */
function valueOf(section: string, name: string, text: string): string | undefined {
  const mistakes = new Mistakes('test.conf');
  const value = parseIni(text, mistakes, {}).get(section)?.options.get(name)?.value;
  mistakes.throwIfAny();
  return value;
}

it('what a person types is read as it was typed, or refused without showing it', () => {
  const typed = fc.oneof(
    fc.string({ minLength: 1 }),
    fc.stringMatching(/^[ a-z#;${}\\[\]=:"'\n]{1,8}$/),
  );
  fc.assert(
    fc.property(typed, (text) => {
      const answers = over('swift', { service: { ...service, key: { text } } });
      let written: string;
      try {
        written = formatConfiguration(answers);
      } catch (error) {
        expect(error).toMatchObject({ name: 'UsageError' });
        expect(String(error)).toMatch(/^UsageError: the value for auth_key cannot stand in/);
        return;
      }
      expect(valueOf('app:proxy-server', 'auth_key', written)).toBe(text);
    }),
  );
});

it('users with any names log in by them', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1 });
  const isName = (text: string) => {
    try {
      return readUserNames(text).length === 1;
    } catch {
      return false;
    }
  };
  const userNames = fc.oneof(
    fc.tuple(name, name).map((both) => both.join(':')),
    fc.stringMatching(/^[a-z_.-]{1,5}:[a-z_.-]{1,5}$/),
  );
  fc.assert(
    fc.property(userNames.filter(isName), (text) => {
      const users = readUserNames(text).map((each) => ({ ...each, key: KEY }));
      const config = formatConfiguration({ ...embedded, users });
      const mistakes = new Mistakes('test.conf');
      const { options } = parseIni(config, mistakes, {}).get('filter:tempauth')!;
      mistakes.throwIfAny();
      const values = [...options].flatMap(([option, { value }]) =>
        option === 'use' ? [] : [[option, value] as const],
      );
      const names = users.map((each) => toBytes(`${each.account}:${each.user}`));
      expect([...readUsers(Object.fromEntries(values), ['AUTH_']).keys()]).toEqual(names);
    }),
  );
});
