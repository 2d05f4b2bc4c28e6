import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { noteProcess } from '../../support/servers/processes';
import { VERSION } from '../../../src/util/version';
import { CLI } from '../../support/running/paths';

/** Starts a worker as a primary process of a version would; returns its first message. */
async function saidBelow(version: string | undefined): Promise<unknown> {
  const child = fork(CLI, ['serve'], {
    env: { ...process.env, NODE_UNIQUE_ID: '1' },
    silent: true,
  });
  noteProcess(child);
  const exited = once(child, 'exit');
  try {
    const [hello] = (await once(child, 'message')) as [unknown];
    expect(hello).toEqual({ kind: 'hello' });
    child.send({ kind: 'welcome', file: 'test.conf', text: '', version });
    const [message] = (await once(child, 'message')) as [unknown];
    return message;
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
}

describe('a worker', () => {
  it.each([undefined, '0.0.9'])(
    'does not serve for a primary process of another version (%s)',
    async (version) => {
      expect(await saidBelow(version)).toEqual({
        kind: 'failed',
        message: expect.stringContaining('upgraded in place while it ran; restart it') as string,
      });
    },
  );

  it('looks at its configuration below one of its own version', async () => {
    const message = (await saidBelow(VERSION)) as { readonly message: string };
    expect(message.message).not.toContain('in place');
  });

  it('has the version of the package', () => {
    const text = readFileSync(join(__dirname, '../../../package.json'), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ version: VERSION });
  });
});
