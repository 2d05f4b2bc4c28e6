import { describeWithSwift, login } from '../../support/servers/swift';
import { historiesOr, recordAndJudge, timeFor } from './campaign';
import { alone, succeeding } from './plan';
import { depth } from '../../support/running/depth';

const HISTORIES = historiesOr(depth({ gate: 9, deep: 30 }));

describeWithSwift("histories over Swift's own versions", ({ versioned }) => {
  const place = async () => ({
    name: "over Swift's own versions",
    store: 'swift' as const,
    clients: [await login(versioned, 'tester')] as const,
  });

  it(
    'match the model, if one client does one thing after the other',
    async () => {
      await recordAndJudge(await place(), HISTORIES, (plan) => alone(succeeding(plan)));
    },
    timeFor(HISTORIES),
  );

  it(
    'are found to be wrong, if several clients do things at once',
    async () => {
      await expect(recordAndJudge(await place(), HISTORIES, succeeding)).rejects.toThrow(
        'is wrong',
      );
    },
    timeFor(HISTORIES),
  );
});
