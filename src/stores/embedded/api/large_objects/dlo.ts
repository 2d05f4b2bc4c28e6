import { createHash } from 'node:crypto';
import { startStream } from '../../../../http/body';
import type { ByteString } from '../../../../http/bytes';
import { LIMITS } from '../../../../swift_api/constraints';
import type { ObjectTarget } from '../../../../swift_api/target';
import { openContainer, type ObjectCall } from '../call';
import { openObject } from '../links';
import { readPieces, type Piece } from '../../../../http/pieces';
import { checkSegments } from './check_segments';
import type { View } from '../../../../swift_api/object_response';
import type { ObjectRecord } from '../../storage/storage';

/**
 * Returns the view of a dynamic large object: all objects of a container whose names
 * begin with a prefix (Swift's `dlo`).
 */
export function dloView(call: ObjectCall, manifest: ByteString, rawView: View): View {
  const segments = new Segments(call, manifest);
  const { size, etag } = segments.summary();
  return {
    headers: rawView.headers,
    contentType: rawView.contentType,
    timestamp: rawView.timestamp,
    etag: `"${etag}"`,
    size,
    isRangedOnce: true,
    check: (first) => checkSegments(segments.pieces(), first),
    read: (first, last) => startStream(readPieces(segments.pieces(), first, last)),
  };
}

class Segments {
  private readonly container: ByteString;
  private readonly prefix: ByteString;

  constructor(
    private readonly call: ObjectCall,
    manifest: ByteString,
  ) {
    const slash = manifest.indexOf('/');
    this.container = manifest.slice(0, slash);
    this.prefix = manifest.slice(slash + 1);
    const { version, account } = call.target;
    openContainer(call, 'GET', { version, account, container: this.container });
  }

  summary(): { size: number; etag: string } {
    const etag = createHash('md5');
    let size = 0;
    for (const { record } of this.list()) {
      size += record.content.size;
      etag.update(record.content.etag);
    }
    return { size, etag: etag.digest('hex') };
  }

  *pieces(): Generator<Piece> {
    for (const { target, record } of this.list()) {
      yield {
        size: record.content.size,
        read: (first, last) => {
          const opened = openObject(this.call, 'GET', target);
          return this.call.storage.read(opened.record.content, first, last);
        },
      };
    }
  }

  private *list(): Generator<{ target: ObjectTarget; record: ObjectRecord }> {
    const { container, prefix } = this;
    const { version, account } = this.call.target;
    const limit = LIMITS.container_listing_limit;
    for (let marker: ByteString | undefined = ''; marker !== undefined;) {
      const page = this.call.storage.listObjects(account, container, { prefix, marker, limit });
      marker = undefined;
      for (const entry of page) {
        if ('subdir' in entry) continue;
        if (page.length === limit) marker = entry.name;
        yield { target: { version, account, container, object: entry.name }, record: entry.record };
      }
    }
  }
}
