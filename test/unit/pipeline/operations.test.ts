import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { operationsTable, TOLD_AND_THERE } from '../../support/clients/dialects/operations';

describe("README's table of what can be asked in which API", () => {
  it.each(TOLD_AND_THERE)('tells all operations of $api, and no others', ({ told, there }) => {
    expect([...told].sort()).toEqual([...there].sort());
  });

  it('is there as it is generated', () => {
    const readme = readFileSync(join(__dirname, '../../../README.md'), 'utf8');
    expect(readme).toContain(operationsTable());
  });
});
