import type { InitFlags } from '../../../../src/command/init/flags';
import { requireAll } from '../../../../src/command/init/flags';
import { Interview, type Person } from '../../../../src/command/init/interview';
import { conduct } from '../../../../src/command/init/questions';

/** Answers from a list; remembers what was asked and printed. */
class Typing implements Person {
  readonly asked: string[] = [];
  readonly told: string[] = [];
  readonly secrets: string[] = [];

  constructor(private readonly answers: string[]) {}

  ask(question: string, isSecret = false): Promise<string> {
    this.asked.push(question);
    if (isSecret) this.secrets.push(question);
    const answer = this.answers.shift();
    return answer === undefined ? Promise.reject(new Error(question)) : Promise.resolve(answer);
  }

  print(line: string): void {
    this.told.push(line);
  }
}

const byFlags = (flags: InitFlags) => {
  requireAll(flags);
  return conduct(new Interview(undefined, false), flags);
};
const byPerson = async (answers: string[], flags: InitFlags = {}) => {
  const person = new Typing(answers);
  const interview = new Interview(person, flags.kind === undefined);
  return { answers: await conduct(interview, flags), person, interview };
};

const SWIFT = { kind: 'swift', upstream: 'http://swift:8080' };

describe('without a terminal', () => {
  it.each<[InitFlags, string[], string[]]>([
    [{}, ['--kind', '--user', '--upstream', '--service-user', '--auth-url'], []],
    [{ kind: 'embedded' }, ['--user'], ['--upstream']],
    [{ kind: 'swift' }, ['--upstream', '--service-user', '--service-key-file'], ['--auth-url']],
    [{ kind: 'keystone' }, ['--upstream', '--auth-url', '--service-user'], ['--user ']],
    [{ ...SWIFT, serviceUser: 'a' }, ['--service-key-file'], ['--upstream', '--service-user NAME']],
  ])('all flags that are missing are named (%j)', (flags, named, others) => {
    const error = jest.fn(() => requireAll(flags));
    expect(error).toThrow('these flags are needed');
    for (const flag of named) expect(error).toThrow(flag);
    for (const flag of others) expect(error).not.toThrow(flag);
  });

  it('flags with defaults are not needed', async () => {
    const flags = { kind: 'embedded', user: ['test:tester', 'test:other'] };
    expect(await byFlags(flags)).toEqual({
      kind: 'embedded',
      ip: '127.0.0.1',
      port: 8080,
      s3: true,
      data: expect.stringMatching(/^\/.*\/data$/) as string,
      users: ['tester', 'other'].map((user) => ({
        account: 'test',
        user,
        key: expect.stringMatching(/^[0-9a-f]{40}$/) as string,
      })),
    });
  });

  it('no two generated keys are the same', async () => {
    const keys = (await byFlags({ kind: 'embedded', user: ['a:b', 'a:c'] })).users.map(
      ({ key }) => key,
    );
    expect(new Set(keys).size).toBe(2);
  });

  it('secrets are in files, whose names are whole', async () => {
    const flags = { serviceUser: 'admin:admin', serviceKeyFile: 'key', user: ['t:u=of u'] };
    expect(await byFlags({ ...SWIFT, ...flags })).toMatchObject({
      service: {
        authUrl: 'http://swift:8080/auth/v1.0',
        user: 'admin:admin',
        key: { file: `${process.cwd()}/key` },
      },
      users: [{ account: 't', user: 'u', swiftKey: { file: `${process.cwd()}/of u` } }],
    });
  });

  it.each<[InitFlags, string]>([
    [{ kind: 'other' }, 'not known; known: embedded, swift, keystone'],
    [{ kind: 'embedded', user: ['a:b'], port: '0' }, '--port: not a whole number from 1'],
    [{ kind: 'embedded', user: ['a:b'], ip: 'host' }, '--ip: not an IP address'],
    [{ kind: 'embedded', user: ['a'] }, '--user: a is not of the form ACCOUNT:NAME'],
    [{ kind: 'embedded', user: ['a:b', 'a:b'] }, '--user: a user is named twice'],
    [{ kind: 'embedded', user: ['a:b'], upstream: 'x' }, '--upstream URL: not with --kind'],
    [{ ...SWIFT, serviceUser: false, data: 'x' }, '--data FOLDER: not with --kind swift'],
    [{ ...SWIFT, serviceUser: false, user: ['a:b'] }, '--user: not ACCOUNT:NAME=FILE'],
    [{ ...SWIFT, serviceUser: false, s3: false, user: ['a:b=c'] }, 'which --no-s3 leaves out'],
    [{ ...SWIFT, serviceUser: false, serviceKeyFile: 'k' }, 'not with --no-service-user'],
    [{ ...SWIFT, upstream: 'swift', serviceUser: false }, '--upstream: not an http:// or'],
    [
      { ...SWIFT, upstream: 'http://swift/auth/v1.0', serviceUser: false },
      '--upstream: only scheme, host and port',
    ],
    [{ ...SWIFT, kind: 'keystone', serviceUser: false }, 'S3 with Keystone needs a service user'],
  ])('a wrong flag is refused (%j)', async (flags, cause) => {
    await expect((async () => byFlags(flags))()).rejects.toThrow(cause);
  });
});

describe('at a terminal', () => {
  it('blank answers are the defaults', async () => {
    const { answers, person, interview } = await byPerson(['', '', '', '', '', '']);
    expect(answers).toMatchObject({ kind: 'embedded', port: 8080, s3: true });
    expect(answers.users).toMatchObject([{ account: 'test', user: 'tester' }]);
    expect(interview.hasAsked).toBe(true);
    expect(person.secrets).toEqual([]);
  });

  it('a wrong answer is asked again, with the reason', async () => {
    const { answers, person } = await byPerson(['swiff', 'embedded', '', '0', '81', '', '', 'no']);
    expect(answers).toMatchObject({ port: 81, s3: false });
    expect(person.told).toEqual([
      'not known; known: embedded, swift, keystone',
      'not a whole number from 1 to 65535',
    ]);
  });

  it('keys are asked without showing them', async () => {
    const { answers, person } = await byPerson([
      'swift',
      '',
      '',
      'http://s',
      'admin:admin',
      '',
      '',
      'secret',
      '',
      't:u',
      'other secret',
    ]);
    expect(answers).toMatchObject({
      service: { key: { text: 'secret' } },
      users: [{ swiftKey: { text: 'other secret' } }],
    });
    const service = 'Key of admin:admin: ';
    expect(person.secrets).toEqual([service, service, 'Key of t:u at the Swift: ']);
    expect(person.told).toEqual(['an answer is needed']);
  });

  it('only what flags leave open is asked, and what has a default only without any', async () => {
    const flags = { ...SWIFT, serviceUser: 'admin:admin', user: ['t:u=k'] };
    const { person } = await byPerson(['secret'], flags);
    expect(person.asked).toEqual(['Key of admin:admin: ']);
  });
});
