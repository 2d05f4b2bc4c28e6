import type { Route } from '../../../src/dialects/call';
import { RouteTable } from '../../../src/dialects/dispatch';
import { Headers } from '../../../src/http/headers';
import { ROOT_REQUEST } from '../../support/stores/bucket_store';

const run = () => Promise.reject(new Error('not run here'));
const route = (name: string, method: string, more: Partial<Route> = {}): Route => ({
  name,
  method,
  on: 'object',
  run,
  ...more,
});

const table = new RouteTable<Route>([
  route('ListBuckets', 'GET', { on: 'service' }),
  route('GetAcl', 'GET', { parameters: ['acl'] }),
  route('GetPart', 'GET', { parameters: ['uploadId', 'partNumber'] }),
  route('CopyObject', 'PUT', { header: 'x-amz-copy-source' }),
  route('PutAcl', 'PUT', { parameters: ['acl'] }),
  route('GetObject', 'GET'),
  route('PutObject', 'PUT'),
  route('OtherGetObject', 'GET'),
]);

function find(method: string, query: readonly string[] = [], headers: Headers = Headers.none) {
  return table.find({
    request: { ...ROOT_REQUEST, method, headers },
    bucket: 'bkt',
    key: 'k',
    parameters: new Map(query.map((name) => [name, ''])),
  }).name;
}

describe('a table of routes', () => {
  it('returns the first that matches the resource, the method, the query and the header', () => {
    expect(find('GET')).toBe('GetObject');
    expect(find('GET', ['acl', 'more'])).toBe('GetAcl');
    expect(find('GET', ['partNumber'])).toBe('GetObject');
    expect(find('GET', ['partNumber', 'uploadId', 'acl'])).toBe('GetAcl');
    expect(find('PUT')).toBe('PutObject');
    expect(find('PUT', ['acl'], Headers.of({ 'X-Amz-Copy-Source': '/a/b' }))).toBe('CopyObject');
  });

  it('names the methods that are allowed if there is none', () => {
    expect(() => find('DELETE')).toThrow('method is not allowed');
    const allowed = (query: readonly string[]) => {
      try {
        return find('DELETE', query);
      } catch (error) {
        return (error as { details: { headers: Headers } }).details.headers.get('allow');
      }
    };
    expect(allowed([])).toBe('PUT, GET');
    expect(allowed(['acl'])).toBe('GET, PUT');
  });
});
