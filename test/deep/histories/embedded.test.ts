import { loginTo, startEmbeddedProcess } from '../../support/servers/embedded_process';
import { historiesOr, recordAndJudge, recordAndJudgeWithIds, timeFor } from './campaign';
import { depth } from '../../support/running/depth';
import { temporaryFolders } from '../../support/running/temporary_folders';

const newFolder = temporaryFolders();
const HISTORIES = historiesOr(depth({ gate: 8, deep: 100 }));
const WITH_IDS = historiesOr(depth({ gate: 5, deep: 60 }));

describe.each([
  ['one process', 1],
  ['two workers', 2],
])('histories over a store of its own, served by %s', (what, workers) => {
  it(
    'are explained, if versions have ids',
    async () => {
      const server = await startEmbeddedProcess(await newFolder(), workers);
      try {
        const client = await loginTo(server.url);
        const name = `over the embedded store, ${what}, with ids`;
        await recordAndJudgeWithIds({ name, store: 'embedded', clients: [client] }, WITH_IDS);
      } finally {
        await server.stop();
      }
    },
    timeFor(WITH_IDS),
  );

  it(
    'are explained by some order of their operations',
    async () => {
      const server = await startEmbeddedProcess(await newFolder(), workers);
      try {
        const client = await loginTo(server.url);
        await recordAndJudge(
          { name: `over the embedded store, ${what}`, store: 'embedded', clients: [client] },
          HISTORIES,
        );
      } finally {
        await server.stop();
      }
    },
    timeFor(HISTORIES),
  );
});
