import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { drain } from '../../http/body';
import { ask, withPartsAccess, outlivingClient, type Caller } from '../caller';
import { entriesBelow, modifiedOf, type Entry } from '../entries';
import { BucketError } from '../errors';
import { expectSuccessAndDrain } from '../store_answers';
import { uploadPrefix, segmentsOf, type Upload } from './upload_names';

/**
 * Work in progress on an upload, marked beside its parts: they are being removed, or an
 * object is being made from them. Each side writes its own note before it looks for the
 * other's, so at least one of two concurrent calls sees the conflict.
 */
export type Work = 'removing' | 'completing';

/** Milliseconds after which a note counts as left by a crash. */
const MAX_NOTE_AGE = 60 * 60 * 1000;
/** Milliseconds to wait for the end of another's work, and between two checks. */
const MAX_WAIT = 10_000;
const PAUSE = 50;

/** Runs `act` while its work is noted. Notes that cannot be removed later expire. */
export async function withWorkNote<Result>(
  caller: Caller,
  upload: Upload,
  work: Work,
  act: () => Promise<Result>,
): Promise<Result> {
  const container = segmentsOf(upload.bucket);
  const object = `${uploadPrefix(upload)}${work}/${randomBytes(12).toString('base64url')}`;
  const forParts = withPartsAccess(caller, upload);
  try {
    const response = await ask(forParts, { method: 'PUT', container, object });
    await expectSuccessAndDrain(caller, response, { bucket: container, key: object });
    return await act();
  } finally {
    await ask(outlivingClient(forParts), { method: 'DELETE', container, object })
      .then(({ body }) => drain(body))
      .catch(() => undefined);
  }
}

/** Whether a kind of work is noted. */
export async function hasWorkNote(caller: Caller, upload: Upload, work: Work): Promise<boolean> {
  const prefix = `${uploadPrefix(upload)}${work}/`;
  const forParts = withPartsAccess(caller, upload);
  return (await entriesBelow(forParts, segmentsOf(upload.bucket), prefix)).some(isValid);
}

/** Waits a while for noted work to end. @throws BucketError `conflict` if it does not */
export async function whenOver(caller: Caller, upload: Upload, work: Work): Promise<void> {
  const end = Date.now() + MAX_WAIT;
  while (await hasWorkNote(caller, upload, work)) {
    if (Date.now() > end) {
      const state = work === 'completing' ? 'completed' : 'aborted';
      throw new BucketError(
        'conflict',
        `The upload is being ${state} by another request. Please try again.`,
      );
    }
    await setTimeout(PAUSE);
  }
}

/** Whether an entry below an upload is a valid note. */
export function isNote(upload: Upload, entry: Entry): boolean {
  return (
    /^(removing|completing)\//.test(entry.name.slice(uploadPrefix(upload).length)) && isValid(entry)
  );
}

function isValid(entry: Entry): boolean {
  return modifiedOf(entry) > Date.now() - MAX_NOTE_AGE;
}
