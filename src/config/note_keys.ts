import { wordList } from './options';
import { keyWeakness } from './weak_keys';

/**
 * Reads `note_key`. Keys must be strong: a reader of the store's metadata can try keys
 * offline.
 */
export const noteKeys = wordList.superRefine((keys, context) => {
  for (const [i, key] of keys.entries()) {
    const weakness = keyWeakness(key);
    if (weakness === undefined) continue;
    const which = keys.length === 1 ? 'the key' : `key ${i + 1} of ${keys.length}`;
    context.addIssue({ code: 'custom', message: `${which} ${weakness}` });
  }
});
