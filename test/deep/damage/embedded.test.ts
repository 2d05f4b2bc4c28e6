import { depth } from '../../support/running/depth';
import { expectDamageToShow } from './trial';

it.each(depth({ gate: [1], deep: [1, 2, 3, 4, 5] }))(
  'damage is never answered, copied or archived (seed %i)',
  expectDamageToShow,
  600_000,
);
