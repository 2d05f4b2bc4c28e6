import { readConfig, type Config } from '../../../../src/pipeline/load';
import { Tokens } from '../../../../middleware/tempauth/tokens';
import { namesTable } from '../../../conformance/attempts/names';
import { signedReadsTable } from '../../../conformance/attempts/signed_reads';
import { attemptTable, noticesTable } from '../../../conformance/attempts/table';
import { writersTable } from '../../../conformance/attempts/writers';
import type { AttemptStore, UserName } from '../../../conformance/attempts/world';
import { suiteEmbedded } from '../../../support/servers/embedded';

const USERS: Readonly<Record<UserName, readonly [user: string, key: string]>> = {
  tester: ['test:tester', 'testing'],
  tester2: ['test2:tester2', 'testing2'],
  tester3: ['test:tester3', 'testing3'],
  service: ['svc:worker', 'secret'],
};

/** Returns a token as the server makes them, expired an hour ago. */
function expired(): string {
  const [name, key] = USERS.tester;
  const user = { name, key, account: 'AUTH_test', groups: [] };
  return new Tokens(new Map([[name, user]]), 'AUTH_', 3600).create(user, Date.now() - 3_601_000)
    .token;
}

/** The configuration with S3's API, which answers unsigned requests by path. */
const withUnsigned = ({ text }: Config): Config =>
  readConfig(
    `${text.replace('healthcheck', 'healthcheck s3api')}
[filter:s3api]
anonymous_account = AUTH_test
`,
    'test.conf',
    {},
  );

describe('who lacks the right', () => {
  const server = suiteEmbedded('', '', withUnsigned);

  const store: AttemptStore = {
    kind: 'embedded',
    login: (user) => server.login(...USERS[user]),
    expired,
  };
  attemptTable(() => store, store.kind);
  noticesTable(() => store);
  writersTable(() => store, store.kind);
  namesTable(() => store);
  signedReadsTable(() => store, store.kind);
});
