import { randomBytes } from 'node:crypto';
import { UsageError } from '../usage_error';
import type { Answers, Secret, ServiceAnswer, UserAnswer } from './answers';
import { readKind, refuseInapplicable, type InitFlags } from './flags';
import type { Interview } from './interview';
import {
  readAddress,
  readFile,
  readPort,
  readText,
  readUpstream,
  readUrl,
  readUserNames,
  readUserWithKey,
  readYesOrNo,
} from './readers';

/** Random bytes of a generated key: 160 bits. */
const KEY_BYTES = 20;

/**
 * Returns all answers, with generated keys.
 *
 * @throws UsageError if a flag has a wrong value, or does not apply
 */
export async function conduct(interview: Interview, flags: InitFlags): Promise<Answers> {
  const kind = await interview.answer({
    flag: '--kind',
    given: flags.kind,
    text: 'Kind: embedded (a store of its own); swift or keystone (in front of a Swift)',
    proposal: 'embedded',
    read: readKind,
  });
  refuseInapplicable(flags, kind);
  const ip = await interview.answer({
    flag: '--ip',
    given: flags.ip,
    text: 'Address to listen on; 0.0.0.0: all addresses of this machine',
    byDefault: '127.0.0.1',
    read: readAddress,
  });
  const port = await interview.answer({
    flag: '--port',
    given: flags.port,
    text: 'Port',
    byDefault: '8080',
    read: readPort,
  });
  return kind === 'embedded'
    ? { kind, ip, port, ...(await askEmbedded(interview, flags)) }
    : { kind, ip, port, ...(await askSwift(interview, flags, kind)) };
}

async function askEmbedded(interview: Interview, flags: InitFlags) {
  const data = await interview.answer({
    flag: '--data',
    given: flags.data,
    text: 'Folder of the data',
    byDefault: './data',
    read: readFile,
  });
  const names = await interview.answer({
    flag: '--user',
    given: flags.user?.join(' '),
    text: 'Users, as ACCOUNT:NAME, with spaces between them',
    proposal: 'test:tester',
    read: readUserNames,
  });
  const users = names.map((name) => ({ ...name, key: generateKey() }));
  return { data, users, s3: await askS3(interview, flags) };
}

async function askSwift(interview: Interview, flags: InitFlags, kind: 'swift' | 'keystone') {
  const upstream = await interview.answer({
    flag: '--upstream',
    given: flags.upstream,
    text: 'URL of the Swift, without a path',
    read: readUpstream,
  });
  const service = await askService(interview, flags, kind, upstream);
  const s3 = await askS3(interview, flags);
  if (s3 && kind === 'keystone' && service === undefined)
    throw new UsageError('S3 with Keystone needs a service user, which reads the access keys');
  if (!s3 && flags.user !== undefined)
    throw new UsageError('--user names users of S3, which --no-s3 leaves out');
  const users = kind === 'swift' && s3 ? await askSwiftUsers(interview, flags) : [];
  return { upstream, service, noteKey: generateKey(), s3, users };
}

function askS3(interview: Interview, { s3 }: InitFlags): Promise<boolean> {
  return interview.answer({
    flag: '--s3',
    given: s3 === undefined ? undefined : s3 ? 'yes' : 'no',
    text: 'The API of S3 as well',
    byDefault: 'yes',
    read: readYesOrNo,
  });
}

async function askService(
  interview: Interview,
  flags: InitFlags,
  kind: 'swift' | 'keystone',
  upstream: string,
): Promise<ServiceAnswer | undefined> {
  const user = await interview.answer({
    flag: '--service-user',
    given: flags.serviceUser === false ? '' : flags.serviceUser,
    text: 'Service user, which archives for clients that may only write; blank: none',
    proposal: '',
    read: (name) => name,
  });
  if (user === '') return undefined;
  const authUrl = await interview.answer({
    flag: '--auth-url',
    given: flags.authUrl,
    text: 'URL where users log in',
    ...(kind === 'swift' && { byDefault: new URL('/auth/v1.0', upstream).href }),
    read: readUrl,
  });
  const key = await askSecret(interview, `Key of ${user}`, {
    flag: '--service-key-file',
    given: flags.serviceKeyFile,
  });
  if (kind === 'swift') return { authUrl, user, key };
  const project = await interview.answer({
    flag: '--service-project',
    given: flags.serviceProject,
    text: `Project of ${user}`,
    byDefault: 'service',
    read: readText,
  });
  return { authUrl, user, key, project };
}

/** The users of S3, each of whom logs in with the key of a user of the Swift. */
async function askSwiftUsers(interview: Interview, { user }: InitFlags): Promise<UserAnswer[]> {
  if (user !== undefined)
    return Promise.all(
      user.map(async (given) => {
        const { file, ...name } = await interview.answer({
          flag: '--user',
          given,
          text: '',
          read: readUserWithKey,
        });
        return { ...name, key: generateKey(), swiftKey: { file } };
      }),
    );
  const names = await interview.answer({
    flag: '--user',
    text: 'Users of S3, as ACCOUNT:NAME of the Swift; blank: none',
    byDefault: '',
    read: readUserNames,
  });
  const users: UserAnswer[] = [];
  for (const name of names) {
    const text = `Key of ${name.account}:${name.user} at the Swift`;
    users.push({ ...name, key: generateKey(), swiftKey: await askSecret(interview, text) });
  }
  return users;
}

/** Asks for a secret, or takes the file that a flag names. */
async function askSecret(
  interview: Interview,
  text: string,
  { flag, given }: { readonly flag: string; readonly given?: string | undefined } = { flag: text },
): Promise<Secret> {
  if (given !== undefined)
    return { file: await interview.answer({ flag, given, text, read: readFile }) };
  return { text: await interview.answer({ flag, text, isSecret: true, read: readText }) };
}

function generateKey(): string {
  return randomBytes(KEY_BYTES).toString('hex');
}
