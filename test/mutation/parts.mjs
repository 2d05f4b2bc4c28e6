/** What is mutated at once: files of src/core, and how many minutes that takes on two cores. */
export const PARTS = {
  decisions: { minutes: 10, files: ['decide', 'decide_nulls', 'decide_with_ids'] },
  names: { minutes: 10, files: ['names', 'version_names', 'newest_note', 'null_note'] },
  archive: { minutes: 20, files: ['candidates', 'entries', 'versions'] },
  ids: { minutes: 20, files: ['versions_with_ids', 'null_index'] },
  nulls: { minutes: 20, files: ['null_versions'] },
};
