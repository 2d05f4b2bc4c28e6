import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../support/running/paths';

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`);
}

it('the bodies of requests are held as wholes by one function only', () => {
  const found = [...sources('src'), ...sources('middleware')].filter((file) =>
    /\b(readAll|collect)\((request|call\.request|call\.payload|payload)\.body|receiveFirst\(request\.body, (?!RECEIVED)/.test(
      readFileSync(join(ROOT, file), 'utf8'),
    ),
  );
  expect(found).toEqual([]);
});
