import { Headers } from '../../../src/http/headers';
import { failedCondition } from '../../../src/swift_api/conditions';

/** Rounded up to 12:00:00. */
const TIMESTAMP = String(Date.UTC(2026, 10, 21, 11, 59, 59) / 1000 + 0.5);

const judge = (headers: Readonly<Record<string, string>>) =>
  failedCondition(Headers.of(headers), 'a1', TIMESTAMP);

it.each([
  ['Sat, 21 Nov 2026 12:00:00 GMT', 'Sat, 21 Nov 2026 11:59:59 GMT'],
  ['Saturday, 21-Nov-26 12:00:00 GMT', 'Saturday, 21-Nov-26 11:59:59 GMT'],
  ['Sat Nov 21 12:00:00 2026', 'Sat Nov 21 11:59:59 2026'],
  ['Wednesday, 21-Nov-68 12:00:00 GMT', 'Monday, 21-Nov-77 12:00:00 GMT'],
])('the time of an object is compared with %s and %s', (same, before) => {
  expect(judge({ 'If-Modified-Since': same })).toBe(304);
  expect(judge({ 'If-Modified-Since': before })).toBeUndefined();
  expect(judge({ 'If-Unmodified-Since': same })).toBeUndefined();
  expect(judge({ 'If-Unmodified-Since': before })).toBe(412);
});

it.each(['', '0', 'soon', '2026-11-21T11:00:00Z', 'Sat, 31 Nov 2026 12:00:00 GMT'])(
  'what is no date is ignored: %j',
  (date) => {
    expect(judge({ 'If-Modified-Since': date, 'If-Unmodified-Since': date })).toBeUndefined();
  },
);

it('etags count first', () => {
  const before = 'Sat Nov 21 11:59:59 2026';
  expect(judge({ 'If-None-Match': '"b", "a1"', 'If-Unmodified-Since': before })).toBe(304);
  expect(judge({ 'If-Match': 'b', 'If-Modified-Since': before })).toBe(412);
  expect(judge({ 'If-Match': '*', 'If-None-Match': 'b' })).toBeUndefined();
});
