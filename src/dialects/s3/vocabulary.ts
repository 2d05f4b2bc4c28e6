import type { Vocabulary } from '../call';
import { RESPONSE_OVERRIDES } from '../vocabulary';

/** The headers of a grant each, by what they grant. */
export const GRANTS = {
  'x-amz-grant-full-control': 'FULL_CONTROL',
  'x-amz-grant-read': 'READ',
  'x-amz-grant-read-acp': 'READ_ACP',
  'x-amz-grant-write': 'WRITE',
  'x-amz-grant-write-acp': 'WRITE_ACP',
} as const;

/** The name of a version. */
export const BY_VERSION: Vocabulary = { parameters: ['versionId'] };

/** An ACL, as headers have it. */
export const ACL: readonly string[] = ['x-amz-acl', ...Object.keys(GRANTS)];

/** Conditions on a write. */
const WRITE_CONDITIONS = ['if-match', 'if-none-match'];

/** The checksums of a whole object. */
const CHECKSUMS: readonly string[] = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'].map(
  (name) => `x-amz-checksum-${name}`,
);

/** What describes a new object. */
export const NEW_OBJECT: readonly string[] = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
  'x-amz-meta-*',
  'x-amz-storage-class',
  'x-amz-tagging',
  ...ACL,
];

/** What a body is checked against, which is the same for all bodies. */
export const BODY: readonly string[] = [
  'content-length',
  'content-md5',
  'x-amz-sdk-checksum-algorithm',
  ...CHECKSUMS,
];

/** Conditions on the source of a copy. */
export const COPY_SOURCE: readonly string[] = [
  'x-amz-copy-source',
  'x-amz-copy-source-if-match',
  'x-amz-copy-source-if-modified-since',
  'x-amz-copy-source-if-none-match',
  'x-amz-copy-source-if-unmodified-since',
  'x-amz-copy-source-range',
];

/** What a read of an object honours. */
export const READ: Vocabulary = {
  headers: [
    'if-match',
    'if-modified-since',
    'if-none-match',
    'if-range',
    'if-unmodified-since',
    'range',
    'x-amz-checksum-mode',
  ],
  parameters: ['partNumber', ...RESPONSE_OVERRIDES, 'versionId'],
};

export const PUT: Vocabulary = { headers: [...NEW_OBJECT, ...BODY, ...WRITE_CONDITIONS] };

export const COPY: Vocabulary = {
  headers: [
    ...NEW_OBJECT,
    ...COPY_SOURCE,
    ...WRITE_CONDITIONS,
    'x-amz-metadata-directive',
    'x-amz-tagging-directive',
  ],
};

export const DELETE: Vocabulary = {
  headers: [
    'if-match',
    'if-none-match',
    'x-amz-if-match-last-modified-time',
    'x-amz-if-match-size',
  ],
  parameters: ['versionId'],
};

/** An upload's creation. */
export const NEW_UPLOAD: Vocabulary = {
  headers: [...NEW_OBJECT, 'x-amz-checksum-algorithm', 'x-amz-checksum-type'],
};

export const COMPLETE_UPLOAD: Vocabulary = {
  headers: [...CHECKSUMS, ...WRITE_CONDITIONS, 'x-amz-checksum-type', 'x-amz-mp-object-size'],
};

/** What the listings of objects have in common. */
const LISTING = ['delimiter', 'encoding-type', 'max-keys', 'prefix'];

export const LIST_OBJECTS: Vocabulary = { parameters: [...LISTING, 'marker'] };

export const LIST_OBJECTS_V2: Vocabulary = {
  parameters: [...LISTING, 'continuation-token', 'fetch-owner', 'start-after'],
};

export const LIST_VERSIONS: Vocabulary = {
  parameters: [...LISTING, 'key-marker', 'version-id-marker'],
};

export const LIST_UPLOADS: Vocabulary = {
  parameters: [
    'delimiter',
    'encoding-type',
    'key-marker',
    'max-uploads',
    'prefix',
    'upload-id-marker',
  ],
};

export const LIST_PARTS: Vocabulary = {
  parameters: ['encoding-type', 'max-parts', 'part-number-marker'],
};
