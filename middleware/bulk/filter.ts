import { bulkType } from '../../src/swift_api/bulk/report';
import { trimChars } from '../../src/http/bytes';
import { Headers } from '../../src/http/headers';
import { withInfo } from '../../src/plugin/info';
import { textResponse, type Filter } from '../../src/swift_api/message';
import { parseQuery } from '../../src/swift_api/target';
import type { Log } from '../../src/util/log';
import { bulkDelete } from './delete';
import { extractArchive } from './extract';
import { respondWithProgress, type Work } from '../../src/swift_api/bulk/progress';
import type { ArchiveKind } from '../../src/formats/archive/unpack';
import type { BulkOptions } from './options';

const KINDS: ReadonlyMap<string, ArchiveKind> = new Map([
  ['tar', 'plain'],
  ['tar.gz', 'gzip'],
  ['tar.bz2', 'bzip2'],
]);

/** Handles `?bulk-delete` and `?extract-archive`; everything else passes unchanged. */
export function bulkFilter(options: BulkOptions, log: Log): Filter {
  const { max_containers_per_extraction, max_failed_extractions } = options;
  const { max_deletes_per_request, max_failed_deletes } = options;
  const capabilities = {
    bulk_upload: { max_containers_per_extraction, max_failed_extractions },
    bulk_delete: { max_deletes_per_request, max_failed_deletes },
  };
  return (next) =>
    withInfo((request) => {
      const query = parseQuery(request.query);
      const respond = (work: (type: string | undefined) => Work) => {
        const type = bulkType(request);
        return respondWithProgress(work(type), type, options.yield_frequency);
      };
      if (query.has('bulk-delete') && /^(POST|DELETE)$/.test(request.method))
        return respond((type) => bulkDelete(request, next, type, options, log));
      const format = query.get('extract-archive');
      if (format === undefined || request.method !== 'PUT') return next(request);
      const kind = KINDS.get(trimChars(format.toLowerCase(), '.'));
      if (kind === undefined) return Promise.resolve(unsupported());
      return respond((type) => extractArchive(request, next, { kind, type }, options, log));
    }, capabilities);
}

function unsupported() {
  const headers = Headers.of({ 'Content-Type': 'text/html; charset=UTF-8' });
  return textResponse(400, 'Unsupported archive format', headers);
}
