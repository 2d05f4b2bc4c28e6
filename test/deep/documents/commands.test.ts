import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allDocuments } from '../../support/judges/documents/documents';
import { codeBlocks, type CodeBlock } from '../../support/judges/documents/markdown';
import { playBlocks } from '../../support/judges/documents/session';
import { IS_DEEP } from '../../support/running/depth';
import { aptInstall, describeNeeding, type Need } from '../../support/running/needs';
import { ROOT } from '../../support/running/paths';
import { startProxyProcess, type ProxyProcess } from '../../support/servers/proxy_process';
import { describeWithSwift } from '../../support/servers/swift';

/**
 * Programs of Debian in documents: a pattern of their use, the package, and a file of it.
 */
const PROGRAMS: readonly (readonly [use: RegExp, debianPackage: string, file: string])[] = [
  [/\baws /, 'awscli', '/usr/bin/aws'],
  [/\bboto3\b/, 'python3-boto3', '/usr/lib/python3/dist-packages/boto3/__init__.py'],
  [/\brclone /, 'rclone', '/usr/bin/rclone'],
  [/\brestic /, 'restic', '/usr/bin/restic'],
  [/\bs3cmd /, 's3cmd', '/usr/bin/s3cmd'],
  [/^(\$ )?swift /m, 'python3-swiftclient', '/usr/bin/swift'],
];

/** What the gate runs; the depth runs all documents. */
const IN_GATE = ['README.md'];

const sample = (name: string) => readFileSync(join(ROOT, 'config', name), 'utf8');

describe.each(
  allDocuments()
    .filter(({ name }) => IS_DEEP || IN_GATE.includes(name))
    .map(({ name, text }) => [name, codeBlocks(text)] as const),
)('what %s shows', (_, blocks) => {
  const of = (kind: string) => blocks.filter(({ directive }) => directive === `runs: ${kind}`);

  whereInstalled(of('project'), () =>
    works(of('project'), 'in a clone', () => Promise.resolve({ addresses: {}, cwd: ROOT })),
  );

  whereInstalled(of('embedded'), () => {
    let server: ProxyProcess;
    const folder = temporaryFolder();
    beforeAll(async () => {
      server = await startProxyProcess(
        sample('embedded.conf')
          .replace('${HINDSIGHT_DATA:-./data}', join(folder(), 'server-data'))
          .replace('${HINDSIGHT_PORT:-8080}', '0'),
      );
    });
    afterAll(() => server.stop());
    works(of('embedded'), 'with the embedded store', () =>
      Promise.resolve({ addresses: addressOf(server), cwd: folder() }),
    );
  });

  if (of('swift').length === 0) return;
  describeWithSwift('over a Swift', ({ plain }) =>
    whereInstalled(of('swift'), () => {
      let proxy: ProxyProcess;
      const folder = temporaryFolder();
      beforeAll(async () => {
        proxy = await startProxyProcess(
          sample('swift.conf')
            .replaceAll('http://127.0.0.1:18080', plain)
            .replace('${HINDSIGHT_PORT:-8080}', '0')
            .replace('[app:proxy-server]', '[app:proxy-server]\nsole_server_check = off'),
        );
      });
      afterAll(() => proxy.stop());
      works(of('swift'), 'in front of a Swift', () =>
        Promise.resolve({
          addresses: { ...addressOf(proxy), '127.0.0.1:18080': new URL(plain).host },
          cwd: folder(),
        }),
      );
    }),
  );
});

const addressOf = ({ url }: ProxyProcess) => {
  const { host, port } = new URL(url);
  return { '127.0.0.1:8080': host, 'port: 8080': `port: ${port}` };
};

interface Stage {
  readonly addresses: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** Declares the test of blocks: they run as written, and print what the document says. */
function works(blocks: readonly CodeBlock[], where: string, open: () => Promise<Stage>): void {
  it(`works as written, ${where}`, async () => {
    const { addresses, cwd } = await open();
    const home = mkdtempSync(join(tmpdir(), 'hindsight-home-'));
    const env = {
      PATH: `${join(process.execPath, '..')}:/usr/bin:/bin`,
      HOME: home,
      LC_ALL: 'C.UTF-8',
      QINGSTOR_CONFIG_PATH: join(home, 'qingstor.yaml'),
      npm_config_update_notifier: 'false',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    };
    try {
      expect(await playBlocks(blocks, addresses, { cwd, env })).toEqual([]);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  }, 600_000);
}

/** Declares a suite if there are blocks and the programs that they use. */
function whereInstalled(blocks: readonly CodeBlock[], suite: () => void): void {
  if (blocks.length === 0) return;
  const needs = PROGRAMS.filter(([use]) => blocks.some(({ code }) => use.test(code))).map(
    ([, name, file]): Need => ({ name, file, install: aptInstall(name) }),
  );
  needs.reduceRight(
    (inner, need) => () => describeNeeding(need, `with ${need.name}`, inner),
    suite,
  )();
}

/** A folder with the packages of this project, for the tests of a suite. */
function temporaryFolder(): () => string {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hindsight-documents-'));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return () => folder;
}
