import { etagOfResponse, etagOf, noteEtag, presentedType } from '../../../src/buckets/etag';
import {
  evaluateConditions,
  recheckingWrite,
  writeConditionError,
  type Conditions,
  type Judgement,
  type RemoveCondition,
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
  const there = { ...object, size: 7 };

  it('is nothing there, as wanted or not', () => {
    expect(writeConditionError({ ifNoneMatch: '*' }, undefined)).toBeUndefined();
    expect(writeConditionError({ ifNoneMatch: '*' }, there)?.code).toBe('precondition-failed');
    expect(writeConditionError({ ifMatch: '"a1"' }, there)).toBeUndefined();
    expect(writeConditionError({ ifMatch: '"b"' }, there)?.code).toBe('precondition-failed');
    expect(writeConditionError({ ifMatch: '"b"' }, undefined)?.code).toBe('no-such-key');
  });

  const { modified } = object;
  const removals: [string, RemoveCondition, string | undefined][] = [
    ['no condition', {}, undefined],
    ['its size', { ifSize: 7 }, undefined],
    ['another size', { ifSize: 0 }, 'Size'],
    ['its time', { ifModified: modified }, undefined],
    ['a second before', { ifModified: modified - 1000 }, 'LastModifiedTime'],
    ['a second after', { ifModified: modified + 1000 }, 'LastModifiedTime'],
    ['whatever there is', { ifMatch: '*' }, undefined],
    ['no etag at all', { ifMatch: '' }, 'If-Match'],
    ['all of them', { ifMatch: 'a1', ifSize: 7, ifModified: modified }, undefined],
    ['all but the etag', { ifMatch: 'b', ifSize: 7, ifModified: modified }, 'If-Match'],
    ['all but the size', { ifMatch: 'a1', ifSize: 8, ifModified: modified }, 'Size'],
  ];
  test.each(removals)('of a removal: %s', (_, condition, failed) => {
    const error = writeConditionError(condition, there);
    expect(error?.details.fields?.['Condition']).toBe(failed);
    expect(error?.code).toBe(failed && 'precondition-failed');
    // by AWS's document, only an etag requires that there is something
    const ifNothing = condition.ifMatch === undefined ? undefined : 'no-such-key';
    expect(writeConditionError(condition, undefined)?.code).toBe(ifNothing);
  });

  it('checks once more the object to replace, by the etag that clients see', () => {
    const seen = { contentType: noteEtag('text/plain', 'parts-2', 'slo'), size: 7, modified };
    const { dialect, failure } = recheckingWrite({ ifMatch: '"parts-2"' });
    expect(dialect.refusal?.({ ...seen, etag: 'slo' })).toBeUndefined();
    expect(failure()).toBeUndefined();
    expect(dialect.refusal?.({ ...seen, etag: 'other' })?.status).toBe(412);
    expect(failure()?.code).toBe('precondition-failed');
    expect(dialect.refusal?.(undefined)?.status).toBe(412);
    expect(failure()?.code).toBe('no-such-key');
    expect(recheckingWrite({}).dialect).toEqual({});
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
