import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { drain } from '../../http/body';
import { ask, askingForParts, staying, type Caller } from '../caller';
import { entriesBelow, modifiedOf, type Entry } from '../entries';
import { BucketError } from '../errors';
import { done } from '../store_answers';
import { belowUpload, segmentsOf, type Upload } from './upload_names';

/**
 * What is under way with an upload, as it is noted beside the parts: they may be going, or an object is being made of them. Who would do the one
 * notes that, and then looks whether the other is noted: of two at once, one at least sees the other.
 */
export type Work = 'removing' | 'completing';

/** Milliseconds after which a note counts as left by a crash. */
const STALE = 60 * 60 * 1000;
/** Milliseconds for which the end of another's work is waited for, and between two looks. */
const PATIENCE = 10_000;
const PAUSE = 50;

/** Notes what is about to be done, and does it. Then the note is gone, or counts for a while only where it cannot be removed. */
export async function whileNoted<Result>(
  caller: Caller,
  upload: Upload,
  work: Work,
  act: () => Promise<Result>,
): Promise<Result> {
  const container = segmentsOf(upload.bucket);
  const object = `${belowUpload(upload)}${work}/${randomBytes(12).toString('base64url')}`;
  const forParts = askingForParts(caller, upload);
  try {
    const response = await ask(forParts, { method: 'PUT', container, object });
    await done(caller, response, { bucket: container, key: object });
    return await act();
  } finally {
    await ask(staying(forParts), { method: 'DELETE', container, object })
      .then(({ body }) => drain(body))
      .catch(() => undefined);
  }
}

/** Whether something is noted. */
export async function isNoted(caller: Caller, upload: Upload, work: Work): Promise<boolean> {
  const prefix = `${belowUpload(upload)}${work}/`;
  const forParts = askingForParts(caller, upload);
  return (await entriesBelow(forParts, segmentsOf(upload.bucket), prefix)).some(isFresh);
}

/** Waits until something is no more noted, for a while. @throws BucketError `conflict` where it is still */
export async function whenOver(caller: Caller, upload: Upload, work: Work): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (await isNoted(caller, upload, work)) {
    if (Date.now() > end) {
      const what = work === 'completing' ? 'completed' : 'aborted';
      throw new BucketError(
        'conflict',
        `The upload is being ${what} at the same time. Please try again.`,
      );
    }
    await setTimeout(PAUSE);
  }
}

/** Whether something below an upload is a note that counts. */
export function isNote(upload: Upload, entry: Entry): boolean {
  return (
    /^(removing|completing)\//.test(entry.name.slice(belowUpload(upload).length)) && isFresh(entry)
  );
}

function isFresh(entry: Entry): boolean {
  return modifiedOf(entry) > Date.now() - STALE;
}
