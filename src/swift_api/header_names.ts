/**
 * Swift's headers that more than one file reads, in the spelling that `Headers` looks up.
 */
export const X_AUTH_TOKEN = 'x-auth-token';
export const X_CONTAINER_BYTES_USED = 'x-container-bytes-used';
export const X_CONTAINER_READ = 'x-container-read';
export const X_CONTAINER_WRITE = 'x-container-write';
export const X_COPIED_FROM = 'x-copied-from';
export const X_COPY_FROM = 'x-copy-from';
export const X_COPY_FROM_ACCOUNT = 'x-copy-from-account';
export const X_DELETE_AFTER = 'x-delete-after';
export const X_DELETE_AT = 'x-delete-at';
export const X_HISTORY_LOCATION = 'x-history-location';
export const X_IF_DELETE_AT = 'x-if-delete-at';
export const X_OBJECT_MANIFEST = 'x-object-manifest';
export const X_OBJECT_VERSION_ID = 'x-object-version-id';
export const X_SERVICE_TOKEN = 'x-service-token';
export const X_STATIC_LARGE_OBJECT = 'x-static-large-object';
export const X_STORAGE_POLICY = 'x-storage-policy';
export const X_STORAGE_TOKEN = 'x-storage-token';
export const X_STORAGE_URL = 'x-storage-url';
export const X_SYMLINK_TARGET = 'x-symlink-target';
export const X_SYMLINK_TARGET_ACCOUNT = 'x-symlink-target-account';
export const X_SYMLINK_TARGET_ETAG = 'x-symlink-target-etag';
export const X_TIMESTAMP = 'x-timestamp';
export const X_TRANS_ID = 'x-trans-id';
export const X_VERSIONS_ENABLED = 'x-versions-enabled';
export const X_VERSIONS_LOCATION = 'x-versions-location';
