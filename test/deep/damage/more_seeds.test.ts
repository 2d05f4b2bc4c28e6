import { expectDamageToShow } from './trial';

it.each([6, 7, 8, 9, 10])(
  'damage is never answered, copied or archived (seed %i)',
  expectDamageToShow,
  600_000,
);
