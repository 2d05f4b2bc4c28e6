/**
 * What a run mutates: files of src/versioning, and roughly how many minutes it takes on
 * two busy cores; from `archive` on, the minutes are guesses.
 */
export const PARTS = {
  decisions: {
    minutes: 16,
    files: [
      'archive/plan',
      'object_versioning/plan_versions',
      'object_versioning/null_versions/plan_nulls',
    ],
  },
  names: {
    minutes: 18,
    files: [
      'archive/names',
      'object_versioning/version_names',
      'object_versioning/newest_note',
      'object_versioning/null_versions/null_note',
    ],
  },
  archive: { minutes: 40, files: ['archive/candidates', 'archive/entries', 'archive/execute'] },
  ids: {
    minutes: 40,
    files: ['object_versioning/execute_versions', 'object_versioning/null_versions/null_index'],
  },
  unfinished: {
    minutes: 20,
    files: [
      'object_versioning/interrupted',
      'object_versioning/unfinished_note',
      'object_versioning/state',
    ],
  },
  nulls: { minutes: 20, files: ['object_versioning/null_versions/execute_nulls'] },
  authority: { minutes: 8, files: ['authority'] },
};
