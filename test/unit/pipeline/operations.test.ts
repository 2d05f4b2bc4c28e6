import { TOLD_AND_THERE } from '../../support/clients/dialects/operations';

describe('the table of operations by API', () => {
  it.each(TOLD_AND_THERE)('tells all operations of $api, and no others', ({ told, there }) => {
    expect([...told].sort()).toEqual([...there].sort());
  });
});
