import { createLog } from '../../../../src/util/log';
import { readConfig } from '../../../../src/pipeline/load';
import { startServer } from '../../../../src/server/serve';
import { speaking } from '../../servers/dialect';
import { gated, LocalGate } from './gate';
import type { FromChild, ToChild } from './remote_gate';

/**
 * Serves a configuration with a gate in front of its app, also for dialects, controlled
 * by the process that forked this one.
 */
export async function serveGated(configuration: string): Promise<void> {
  const gate = new LocalGate();
  const tell = (message: FromChild) => process.send?.(message);
  const answer = (question: ToChild): Promise<unknown> =>
    question.ask === 'begin'
      ? gate.begin(question.cell, question.gap)
      : gate[question.ask](question.cell);
  process.on('message', (question: ToChild) => {
    void answer(question).then((value) => tell({ id: question.id, value }));
  });
  process.on('disconnect', () => process.exit(0));
  const config = readConfig(configuration, 'gated.conf', {});
  const { url } = await startServer(gated(speaking(config), gate), createLog('error'));
  tell({ url });
}
