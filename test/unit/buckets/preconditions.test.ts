import { etagOfResponse, etagOf, noteEtag, presentedType } from '../../../src/buckets/etag';
import {
  evaluateConditions,
  recheckingWrite,
  writeConditionError,
  type Conditions,
  type Judgement,
} from '../../../src/buckets/preconditions';
import { Headers } from '../../../src/http/headers';

const object = { etag: 'a1', modified: Date.UTC(2026, 10, 21, 12, 0, 0) };
const [before, same, after] = [-1000, 0, 1000].map((ms) =>
  new Date(object.modified + ms).toUTCString(),
);

describe('conditions of reads', () => {
  const cases: [string, Conditions, Judgement][] = [
    ['nothing', {}, 'hold'],
    ['a matching etag', { ifMatch: '"a1"' }, 'hold'],
    ['one without quotes', { ifMatch: 'a1' }, 'hold'],
    ['one in a list', { ifMatch: '"b", "a1"' }, 'hold'],
    ['whatever there is', { ifMatch: '*' }, 'hold'],
    ['another etag', { ifMatch: '"b"' }, 'failed'],
    ['the etag that there is, not wanted', { ifNoneMatch: '"a1"' }, 'not-modified'],
    ['its weak form', { ifNoneMatch: 'W/"a1"' }, 'not-modified'],
    ['another, not wanted', { ifNoneMatch: '"b"' }, 'hold'],
    ['changed since before', { ifModifiedSince: before }, 'hold'],
    ['changed since then', { ifModifiedSince: same }, 'not-modified'],
    ['not changed since before', { ifUnmodifiedSince: before }, 'failed'],
    ['not changed since then', { ifUnmodifiedSince: same }, 'hold'],
    ['an etag makes up for a date', { ifMatch: '"a1"', ifUnmodifiedSince: before }, 'hold'],
    [
      'a date does not make up for an etag',
      { ifNoneMatch: '"a1"', ifModifiedSince: before },
      'not-modified',
    ],
    ['another etag makes up for a date', { ifNoneMatch: '"b"', ifModifiedSince: after }, 'hold'],
    ['a failure comes before not modified', { ifMatch: '"b"', ifNoneMatch: '"a1"' }, 'failed'],
    ['what is no date', { ifUnmodifiedSince: '2026', ifModifiedSince: 'soon' }, 'hold'],
    ['asctime, which is in UTC', { ifUnmodifiedSince: 'Sat Nov 21 11:59:59 2026' }, 'failed'],
    ['asctime, the same time', { ifUnmodifiedSince: 'Sat Nov 21 12:00:00 2026' }, 'hold'],
    ['since asctime', { ifModifiedSince: 'Sat Nov 21 12:00:00 2026' }, 'not-modified'],
    ['since before asctime', { ifModifiedSince: 'Sat Nov 21 11:59:59 2026' }, 'hold'],
    ['a year of two digits', { ifUnmodifiedSince: 'Wednesday, 21-Nov-68 12:00:00 GMT' }, 'hold'],
    ['a date as mail has it', { ifUnmodifiedSince: 'Sat, 21 Nov 2026 11:59:59 -0000' }, 'failed'],
  ];
  test.each(cases)('%s', (_, conditions, judgement) => {
    expect(evaluateConditions(conditions, object)).toBe(judgement);
  });
});

describe('conditions of writes', () => {
  it('is nothing there, as wanted or not', () => {
    expect(writeConditionError({ ifNoneMatch: '*' }, undefined)).toBeUndefined();
    expect(writeConditionError({ ifNoneMatch: '*' }, 'a1')?.code).toBe('precondition-failed');
    expect(writeConditionError({ ifMatch: '"a1"' }, 'a1')).toBeUndefined();
    expect(writeConditionError({ ifMatch: '"b"' }, 'a1')?.code).toBe('precondition-failed');
    expect(writeConditionError({ ifMatch: '"b"' }, undefined)?.code).toBe('no-such-key');
  });

  it('checks once more the object to replace, by the etag that clients see', () => {
    const contentType = noteEtag('text/plain', 'parts-2', 'slo');
    const { refusal } = recheckingWrite({ ifMatch: '"parts-2"' });
    expect(refusal?.({ etag: 'slo', contentType })).toBeUndefined();
    expect(refusal?.({ etag: 'other', contentType })?.status).toBe(412);
    expect(recheckingWrite({}).refusal).toBeUndefined();
  });
});

describe('etags of what was uploaded in parts', () => {
  const contentType = noteEtag('text/plain;charset=utf-8', '"md5-2"', '"slo"');

  it('are those noted, of the large object that they were noted of', () => {
    expect(etagOf({ hash: 'manifest', contentType, sloEtag: '"slo"' })).toBe('md5-2');
    expect(etagOf({ hash: 'manifest', contentType, sloEtag: 'another' })).toBe('another-N');
    expect(etagOf({ hash: 'copy', contentType })).toBe('copy');
    const headers = { 'Content-Type': contentType, Etag: '"slo"', 'X-Static-Large-Object': 'True' };
    expect(etagOfResponse(Headers.of(headers))).toBe('md5-2');
    expect(etagOfResponse(Headers.of({ ...headers, 'Content-Type': 'text/plain' }))).toBe('slo-N');
  });

  it('are not shown in the type, and noted once', () => {
    expect(presentedType(contentType)).toBe('text/plain;charset=utf-8');
    expect(presentedType(noteEtag(contentType, 'b-1', 'slo2'))).toBe('text/plain;charset=utf-8');
  });
});
