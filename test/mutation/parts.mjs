/**
 * What a run mutates: files of src/core, and roughly how many minutes it takes on two
 * busy cores; from `archive` on, the minutes are guesses.
 */
export const PARTS = {
  decisions: { minutes: 16, files: ['decide', 'decide_nulls', 'decide_with_ids'] },
  names: { minutes: 18, files: ['names', 'version_names', 'newest_note', 'null_note'] },
  archive: { minutes: 40, files: ['candidates', 'entries', 'versions'] },
  ids: { minutes: 40, files: ['versions_with_ids', 'null_index'] },
  unfinished: { minutes: 20, files: ['interrupted', 'unfinished', 'state'] },
  nulls: { minutes: 20, files: ['null_versions'] },
  authority: { minutes: 8, files: ['authority'] },
};
