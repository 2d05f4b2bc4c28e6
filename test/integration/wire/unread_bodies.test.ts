import { Headers } from '../../../src/http/headers';
import { newContainer, pathOf, put, uniqueName } from '../../support/clients/containers';
import { eventually } from '../../support/running/eventually';
import { suiteProxy } from '../../support/servers/suite_proxy';
import { describeWithSwift } from '../../support/servers/swift';

/** Counts this process's timers that would keep it from ending. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

describeWithSwift('a body that a refusal leaves unread', ({ plain }) => {
  const proxy = suiteProxy(plain);

  it.each([1_000, 131_072, 400_000])('of %i bytes leaves nothing behind', async (size) => {
    const client = await proxy.login('tester');
    const container = await newContainer(client, 'unread');
    await put(client, container, 'object', 'one');
    await client.ask('POST', `/${container}`, { 'X-History-Location': uniqueName('missing') });
    const before = timers();
    for (let i = 0; i < 10; i++) {
      const { status } = await client.ask(
        'PUT',
        pathOf(container, 'object'),
        {},
        Buffer.alloc(size),
      );
      expect(status).toBe(412);
    }
    await eventually('no more timers than before', () => timers() < before + 10);
  });
});

it('headers end with Content-Length, after which Node would encode Content-Disposition anew', () => {
  const headers = Headers.of({ 'Content-Length': '1', 'Content-Disposition': 'x\xc3\xa9' });
  expect(headers.toRaw()).toEqual(['Content-Disposition', 'x\xc3\xa9', 'Content-Length', '1']);
});
