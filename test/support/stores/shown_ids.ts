import { stateOf } from '../../../src/versioning/object_versioning/state';
import {
  goneAmong,
  unfinishedIn,
  unfinishedName,
} from '../../../src/versioning/object_versioning/unfinished_note';
import {
  parseVersionName,
  versionPrefix,
} from '../../../src/versioning/object_versioning/version_names';
import type { ObjectRef } from '../../../src/versioning/store/store';
import type { MapStore } from './map_store';

/** The ids of an object's versions in a listing, the newest first. */
export async function shownIds(
  store: MapStore,
  object: ObjectRef,
  versions: string,
): Promise<string[]> {
  const state = stateOf(object, versions, await store.stat(object));
  const prefix = versionPrefix(object.object);
  const listed = await store.firstEntries(object.account, versions, prefix, Infinity);
  const note = listed.find(({ name }) => name === unfinishedName(object.object));
  const ids = listed.flatMap(({ name }) => parseVersionName(name)?.id ?? []);
  const gone = goneAmong(ids, state, note && unfinishedIn(note.contentType));
  return ids.filter((id) => !gone.includes(id));
}
