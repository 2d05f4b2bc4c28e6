import { execFileSync } from 'node:child_process';
import { loadSystem, residentFileBytes } from '../../../../src/stores/embedded/storage/page_cache';

it.each([
  ['4 KiB', 4096, 12_288_000],
  ['16 KiB, as on some ARM systems', 16_384, 49_152_000],
  ['64 KiB', 65_536, 196_608_000],
])('resident bytes are counted in pages of the system: of %s', (_, pageSize, bytes) => {
  expect(residentFileBytes('250000 20000 3000 1 0 40000 0\n', pageSize)).toBe(bytes);
});

it('the size of pages is the one that the system reports', async () => {
  const reported = execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' });
  expect((await loadSystem()).pageSize).toBe(Number(reported));
});
