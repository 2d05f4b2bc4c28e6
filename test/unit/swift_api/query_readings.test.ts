import { isAmbiguousQuery } from '../../../src/swift_api/query_readings';

it.each([
  '',
  'prefix=a;b',
  'filename=a;b&temp_url_sig=1',
  'multipart-manifest=get&marker=x;y',
  'a%3Bbulk-delete',
])('%j is read in one way', (query) => expect(isAmbiguousQuery(query)).toBe(false));

it.each([
  'a=b;multipart-manifest=put',
  'multipart-manifest=put;a',
  ';bulk-delete',
  'prefix=a;bulk%2Ddelete',
  'version-id=1;2',
  'multipart-manifest=get;multipart-manifest=delete',
])('%j is read in two ways', (query) => expect(isAmbiguousQuery(query)).toBe(true));
