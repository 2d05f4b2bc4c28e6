import { respondWithProgress } from '../../../src/swift_api/bulk/progress';
import { readAll } from '../../../src/http/body';
import { turnsDuring } from '../../support/running/turns';

it('others have their turn while a bulk operation does what waits for nothing', async () => {
  // oxlint-disable-next-line typescript/require-await -- tests a generator without awaits
  async function* work(): AsyncGenerator<undefined, string> {
    for (let i = 0; i < 100; i++) yield undefined;
    return 'done';
  }
  const turns = await turnsDuring(async () => {
    const { body } = await respondWithProgress(work(), 'text/plain', 60_000);
    expect(String(await readAll(body, 100))).toBe('done');
  });
  expect(turns).toBeGreaterThanOrEqual(100);
});
