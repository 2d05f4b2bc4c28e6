import {
  ANY,
  ModelBucket,
  NEW,
  NULL,
  etagOf,
  multipartEtagOf,
  type Change,
} from '../../support/judges/buckets/model';
import { allEntries, objectsIn, versionsPage } from '../../support/judges/buckets/model_listing';

const put = (key: string, body: string): Change => ({ kind: 'put', key, body });
const remove = (key: string, id?: string): Change => ({ kind: 'delete', key, id });
const enable: Change = { kind: 'versioning', status: 'Enabled' };
const suspend: Change = { kind: 'versioning', status: 'Suspended' };

/** Returns the bucket after changes, each with the id made for it. */
function bucketAfter(...changes: readonly (Change | readonly [Change, string])[]): ModelBucket {
  return changes.reduce<ModelBucket>(
    (bucket, each) => ('kind' in each ? bucket.after(each) : bucket.after(...each)),
    new ModelBucket(),
  );
}

const summary = (bucket: ModelBucket) =>
  allEntries(bucket).map(
    ({ key, id, latest, marker }) => `${key} ${id}${marker ? ' -' : ''}${latest ? ' *' : ''}`,
  );

describe('the model of AWS: writes and deletes', () => {
  test('without versions there is one null version, and DELETE removes it', () => {
    const bucket = bucketAfter(put('k', '1'), put('k', '2'));
    expect(summary(bucket)).toEqual(['k null *']);
    expect(bucket.answer(put('k', '3'))).toEqual({ status: 200, etag: etagOf('3') });
    expect(bucket.answer(remove('k'))).toEqual({ status: 204 });
    expect(summary(bucket.after(remove('k')))).toEqual([]);
  });

  test('enabling makes what was there the null version, below all that comes', () => {
    const bucket = bucketAfter(put('k', '1'), enable, [put('k', '2'), 'B']);
    expect(summary(bucket)).toEqual(['k B *', 'k null']);
    expect(bucket.answer(put('k', '3'))).toMatchObject({ versionId: NEW });
  });

  test('while suspended the null version is replaced, wherever it stands, and the new one is on top', () => {
    const bucket = bucketAfter(put('k', '1'), enable, [put('k', '2'), 'B'], suspend, put('k', '3'));
    expect(summary(bucket)).toEqual(['k null *', 'k B']);
    expect(bucket.answer(put('k', '4'))).toEqual({ status: 200, etag: etagOf('4') });
    expect(bucket.read('k', NULL)).toMatchObject({ content: { body: '3' } });
  });

  test('a DELETE while suspended leaves a null marker in the place of the null version', () => {
    const bucket = bucketAfter(put('k', '1'), enable, [put('k', '2'), 'B'], suspend);
    expect(bucket.answer(remove('k'))).toEqual({
      status: 204,
      deleteMarker: true,
      versionId: NULL,
    });
    expect(summary(bucket.after(remove('k')))).toEqual(['k null - *', 'k B']);
  });

  test('each DELETE while enabled adds a marker, on a marker and on nothing as well', () => {
    const bucket = bucketAfter(enable, [remove('k'), 'A'], [remove('k'), 'B']);
    expect(summary(bucket)).toEqual(['k B - *', 'k A -']);
    expect(bucket.answer(remove('k'))).toEqual({ status: 204, deleteMarker: true, versionId: NEW });
  });

  test('DELETE of the latest by its id makes the next newest the latest; removing a marker restores', () => {
    const bucket = bucketAfter(
      enable,
      [put('k', '1'), 'A'],
      [remove('k'), 'B'],
      [put('k', '2'), 'C'],
    );
    const marked = bucket.after(remove('k', 'C'));
    expect(summary(marked)).toEqual(['k B - *', 'k A']);
    expect(marked.answer(remove('k', 'B'))).toEqual({
      status: 204,
      deleteMarker: true,
      versionId: 'B',
    });
    expect(summary(marked.after(remove('k', 'B')))).toEqual(['k A *']);
  });

  test('DELETE of an id that is not there changes nothing', () => {
    const bucket = bucketAfter(enable, [put('k', '1'), 'A']);
    expect(bucket.answer(remove('k', 'X'))).toEqual({ status: 204, versionId: ANY });
    expect(bucket.after(remove('k', 'X'))).toEqual(bucket);
  });
});

describe('the model of AWS: reads and copies', () => {
  const bucket = bucketAfter(
    enable,
    [put('k', '1'), 'A'],
    [remove('k'), 'B'],
    [put('o', 'o'), 'C'],
  );

  test('a marker is 404 as the latest, and 405 by its id', () => {
    expect(bucket.read('k')).toEqual({ status: 404, code: 'NoSuchKey' });
    expect(bucket.read('k', 'B')).toEqual({ status: 405, code: 'MethodNotAllowed' });
    expect(bucket.read('k', NULL)).toEqual({ status: 404, code: 'NoSuchVersion' });
    expect(bucket.read('x')).toEqual({ status: 404, code: 'NoSuchKey' });
  });

  test('copies take a version or the latest', () => {
    const copy = (from: string, id?: string): Change => ({ kind: 'copy', key: 'to', from, id });
    expect(bucket.answer(copy('k', 'A'))).toEqual({
      status: 200,
      etag: etagOf('1'),
      versionId: NEW,
      source: 'A',
    });
    expect(bucket.answer(copy('o'))).toMatchObject({ source: 'C' });
    expect(bucket.answer(copy('k'))).toEqual({ status: 404, code: 'NoSuchKey' });
    expect(bucket.answer(copy('k', 'B'))).toEqual({ status: 400, code: 'InvalidRequest' });
    expect(bucket.answer(copy('k', 'X'))).toEqual({ status: 404, code: 'NoSuchVersion' });
    expect(bucket.after(copy('k', 'A'), 'D').read('to')).toMatchObject({
      id: 'D',
      content: { body: '1' },
    });
  });

  test('what was sent in parts has the ETag of its parts', () => {
    const after = bucket.after({ kind: 'multipart', key: 'm', body: 'part' }, 'D');
    expect(after.read('m')).toMatchObject({ content: { etag: multipartEtagOf(['part']) } });
    expect(multipartEtagOf(['part'])).toMatch(/^"[0-9a-f]{32}-1"$/);
  });
});

describe('the model of AWS: listings', () => {
  const bucket = bucketAfter(
    enable,
    [put('a', '1'), 'A1'],
    [put('a', '2'), 'A2'],
    [put('d/x', '1'), 'X1'],
    [put('d/x', '2'), 'X2'],
    [put('d/y', '1'), 'Y1'],
    [remove('z'), 'Z1'],
  );
  const ids = (query: Parameters<typeof versionsPage>[1]) => {
    const { entries, prefixes, next } = versionsPage(bucket, query);
    return { ids: entries.map(({ id }) => id), prefixes, next };
  };

  test('a page ends with its last entry, and the next begins after it', () => {
    expect(ids({ maxKeys: 3 })).toEqual({
      ids: ['A2', 'A1', 'X2'],
      prefixes: [],
      next: { key: 'd/x', id: 'X2' },
    });
    expect(ids({ keyMarker: 'd/x', versionIdMarker: 'X2' })).toMatchObject({
      ids: ['X1', 'Y1', 'Z1'],
    });
    expect(ids({ maxKeys: 6 })).toMatchObject({ next: undefined });
  });

  test('a key alone skips all its versions; an id of another key does so too', () => {
    expect(ids({ keyMarker: 'd/x' })).toMatchObject({ ids: ['Y1', 'Z1'] });
    expect(ids({ keyMarker: 'd/x', versionIdMarker: 'A1' })).toMatchObject({ ids: ['Y1', 'Z1'] });
    expect(ids({ keyMarker: 'b' })).toMatchObject({ ids: ['X2', 'X1', 'Y1', 'Z1'] });
  });

  test('a common prefix counts once and is a marker without an id', () => {
    expect(ids({ delimiter: '/' })).toEqual({
      ids: ['A2', 'A1', 'Z1'],
      prefixes: ['d/'],
      next: undefined,
    });
    expect(ids({ delimiter: '/', maxKeys: 3 })).toEqual({
      ids: ['A2', 'A1'],
      prefixes: ['d/'],
      next: { key: 'd/' },
    });
    expect(ids({ delimiter: '/', keyMarker: 'd/' })).toMatchObject({ ids: ['Z1'], prefixes: [] });
    expect(ids({ delimiter: '/', prefix: 'd/' })).toMatchObject({
      ids: ['X2', 'X1', 'Y1'],
      prefixes: [],
    });
  });

  test('no keys are no page', () => {
    expect(ids({ maxKeys: 0 })).toEqual({ ids: [], prefixes: [], next: undefined });
  });

  test('keys are in the order of their UTF-8, and objects are what no marker hides', () => {
    const odd = bucketAfter(put('\u{1F600}', ''), put('\uFFFD', ''), put('b', ''));
    expect(allEntries(odd).map(({ key }) => key)).toEqual(['b', '\uFFFD', '\u{1F600}']);
    expect(objectsIn(bucket)).toEqual({ keys: ['a', 'd/x', 'd/y'], prefixes: [] });
    expect(objectsIn(bucket, '', '/')).toEqual({ keys: ['a'], prefixes: ['d/'] });
  });
});
