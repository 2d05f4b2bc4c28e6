// Opens and closes a folder's database repeatedly, until it is killed: opening_child.mjs
// FOLDER
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const {
  closeTables,
  openExclusively,
} = require('../../../dist/src/stores/embedded/storage/tables');

const [folder] = process.argv.slice(2);
for (let opened = 1; ; opened++) {
  await closeTables(await openExclusively(folder, { readOnly: true }, (tables) => tables));
  if (opened % 10 === 0) process.stdout.write('.');
}
