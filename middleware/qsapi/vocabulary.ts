import type { Vocabulary } from '../../src/dialects/call';
import { RESPONSE_OVERRIDES, type ApiVocabulary } from '../../src/dialects/vocabulary';

/** What QingStor has in common for all its operations. */
export const VOCABULARY: ApiVocabulary = {
  prefix: 'x-qs-',
  common: ['x-qs-date'],
  ignored: {},
  versionId: 'version_id',
};

const CONDITIONS = ['match', 'none-match', 'modified-since', 'unmodified-since'];
const WRITE_CONDITIONS = ['if-match', 'if-none-match'];
const NEW_OBJECT = ['x-qs-meta-*', 'x-qs-storage-class'];

/** The source of a copy or a move, with conditions on it. */
function sourceHeaders(name: string): string[] {
  return [name, ...CONDITIONS.map((condition) => `${name}-if-${condition}`)];
}

/** A `version_id` is refused by the operation itself. */
export const PUT: Vocabulary = {
  headers: [...NEW_OBJECT, ...WRITE_CONDITIONS],
  parameters: ['version_id'],
};

export const COPY: Vocabulary = {
  ...PUT,
  headers: [
    ...NEW_OBJECT,
    ...WRITE_CONDITIONS,
    ...sourceHeaders('x-qs-copy-source'),
    'x-qs-metadata-directive',
  ],
};

export const MOVE: Vocabulary = {
  ...PUT,
  headers: [...WRITE_CONDITIONS, ...sourceHeaders('x-qs-move-source')],
};

export const COPY_PART: Vocabulary = {
  headers: [...sourceHeaders('x-qs-copy-source'), 'x-qs-copy-range'],
};

export const READ: Vocabulary = {
  headers: CONDITIONS.map((condition) => `if-${condition}`),
  parameters: [...RESPONSE_OVERRIDES, 'version_id'],
};

export const DELETE: Vocabulary = { headers: WRITE_CONDITIONS, parameters: ['version_id'] };

export const NEW_UPLOAD: Vocabulary = { headers: NEW_OBJECT };

export const COMPLETE_UPLOAD: Vocabulary = { headers: WRITE_CONDITIONS };

/** What the listings have in common. */
const LISTING = ['delimiter', 'limit', 'prefix'];

export const LIST_OBJECTS: Vocabulary = { parameters: [...LISTING, 'marker'] };

/** The documentation spells the marker of a version both ways. */
export const LIST_VERSIONS: Vocabulary = {
  parameters: [...LISTING, 'key_marker', 'version_id_marker', 'version-id-marker'],
};

export const LIST_UPLOADS: Vocabulary = {
  parameters: [...LISTING, 'key_marker', 'upload_id_marker'],
};

export const LIST_PARTS: Vocabulary = { parameters: ['limit', 'part_number_marker'] };

export const LIST_BUCKETS: Vocabulary = { parameters: ['limit', 'offset'] };
