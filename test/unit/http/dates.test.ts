import fc from 'fast-check';
import { parseBasicDate, parseDate, parseIsoDate, parseListedDate } from '../../../src/http/dates';
import '../../support/running/runs';

const NOW = Date.UTC(2026, 10, 30, 12);
const SAMPLE = Date.UTC(1994, 10, 6, 8, 49, 37);

describe('dates of HTTP', () => {
  const cases: [string, number | undefined][] = [
    ['Sun, 06 Nov 1994 08:49:37 GMT', SAMPLE],
    ['Sunday, 06-Nov-94 08:49:37 GMT', SAMPLE],
    ['Sun Nov  6 08:49:37 1994', SAMPLE],
    [' Sun, 06 Nov 1994 08:49:37 GMT ', SAMPLE],
    // as in mail, and in signed requests of S3
    ['Sun, 06 Nov 1994 08:49:37 +0000', SAMPLE],
    ['Sun, 06 Nov 1994 08:49:37 -0000', SAMPLE],
    ['Sun, 06 Nov 1994 16:49:37 +0800', SAMPLE],
    ['Sun, 06 Nov 1994 03:19:37 -0530', SAMPLE],
    ['Sun, 6 Nov 1994 08:49:37 UTC', SAMPLE],
    ['6 Nov 1994 08:49:37 UT', SAMPLE],
    ['Sat, 31 Dec 2016 23:59:60 GMT', Date.UTC(2017, 0, 1)],
    ['Thu, 29 Feb 2024 00:00:00 GMT', Date.UTC(2024, 1, 29)],
    ['Fri, 31 Dec 9999 23:59:59 GMT', Date.UTC(9999, 11, 31, 23, 59, 59)],
    ['Fri, 01 Jan 0099 00:00:00 GMT', Date.parse('0099-01-01T00:00:00Z')],
    // no such day, hour or zone
    ['Thu, 29 Feb 2026 00:00:00 GMT', undefined],
    ['Sun, 31 Apr 1994 08:49:37 GMT', undefined],
    ['Sun, 00 Nov 1994 08:49:37 GMT', undefined],
    ['Sun, 06 Nov 1994 24:00:00 GMT', undefined],
    ['Sun, 06 Nov 1994 08:60:00 GMT', undefined],
    ['Sun, 06 Nov 1994 08:49:61 GMT', undefined],
    ['Sun, 06 Nov 1994 08:49:37 +2400', undefined],
    ['Sun, 06 Nov 1994 08:49:37 +0060', undefined],
    ['Monday, 31-Feb-94 08:49:37 GMT', undefined],
    ['Sun Nov 31 08:49:37 1994', undefined],
    // no zone, or one of several
    ['Sun, 06 Nov 1994 08:49:37', undefined],
    ['Sun, 06 Nov 1994 08:49:37 EST', undefined],
    ['Sunday, 06-Nov-94 08:49:37', undefined],
    ['Sun Nov  6 08:49:37 1994 GMT', undefined],
    // other forms
    ['', undefined],
    ['0', undefined],
    ['soon', undefined],
    ['784111777', undefined],
    ['1994-11-06T08:49:37Z', undefined],
    ['19941106T084937Z', undefined],
    ['Sun, 06 Nov 94 08:49:37 GMT', undefined],
    ['Sun, 06-Nov-1994 08:49:37 GMT', undefined],
    ['sun, 06 nov 1994 08:49:37 gmt', undefined],
    ['Sun, 06 Nov 1994 8:49:37 GMT', undefined],
    ['Sun, 06 Nov 1994 08:49 GMT', undefined],
    ['x Sun, 06 Nov 1994 08:49:37 GMT', undefined],
    ['Sun, 06 Nov 1994 08:49:37 GMT; length=1', undefined],
  ];
  test.each(cases)('%s', (text, time) => {
    expect(parseDate(text, NOW)).toBe(time);
  });

  it('have years of two digits that are at most 50 years from now', () => {
    const inYear = (year: string, now = NOW) =>
      parseDate(`Monday, 30-Nov-${year} 12:00:00 GMT`, now);
    expect(inYear('26')).toBe(NOW);
    expect(inYear('50')).toBe(Date.UTC(2050, 10, 30, 12));
    expect(inYear('68')).toBe(Date.UTC(2068, 10, 30, 12));
    expect(inYear('76')).toBe(Date.UTC(2076, 10, 30, 12));
    expect(inYear('76', NOW - 1)).toBe(Date.UTC(1976, 10, 30, 12));
    expect(inYear('77')).toBe(Date.UTC(1977, 10, 30, 12));
    expect(inYear('99')).toBe(Date.UTC(1999, 10, 30, 12));
    expect(inYear('00', Date.UTC(2060, 0, 1))).toBe(Date.UTC(2100, 10, 30, 12));
    // 2100 has no such day
    expect(parseDate('Tuesday, 29-Feb-00 00:00:00 GMT', Date.UTC(2060, 0, 1))).toBe(
      Date.UTC(2000, 1, 29),
    );
  });

  it('are the same in each form, in whatever zone this machine is', () => {
    const anyTime = fc
      .date({ min: new Date('1977-01-01'), max: new Date('2075-12-31'), noInvalidDate: true })
      .map((date) => Math.floor(date.getTime() / 1000) * 1000);
    fc.assert(
      fc.property(anyTime, (time) => {
        const imf = new Date(time).toUTCString();
        const [, day = '', month = '', year = '', clock = ''] = imf.split(' ');
        const long = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
        const name = long[new Date(time).getUTCDay()];
        const forms = [
          imf,
          `${name}, ${day}-${month}-${year.slice(2)} ${clock} GMT`,
          `${imf.slice(0, 3)} ${month} ${day.replace(/^0/, ' ')} ${clock} ${year}`,
        ];
        expect(forms.map((form) => parseDate(form, NOW))).toEqual([time, time, time]);
        const iso = new Date(time).toISOString();
        expect(parseIsoDate(iso)).toBe(time);
        expect(parseBasicDate(iso.replace(/[-:]|\.\d+/g, ''))).toBe(time);
        expect(parseListedDate(iso.replace('000Z', '000007'))).toEqual({
          seconds: time / 1000,
          fraction: '000007',
        });
      }),
    );
  });

  it('are not invented from any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const times = [parseDate(text), parseIsoDate(text), parseBasicDate(text)];
        expect(times).toEqual([undefined, undefined, undefined]);
      }),
    );
  });
});

describe('dates of ISO 8601', () => {
  it('have a zone in documents', () => {
    expect(parseIsoDate('1994-11-06T08:49:37Z')).toBe(SAMPLE);
    expect(parseIsoDate('1994-11-06T08:49:37.5Z')).toBe(SAMPLE + 500);
    expect(parseIsoDate('1994-11-06T16:49:37.123999+08:00')).toBe(SAMPLE + 123);
    for (const text of [
      '1994-11-06T08:49:37',
      '1994-11-06',
      '1994-11-31T08:49:37Z',
      '1994-13-06T08:49:37Z',
      '1994-11-06T24:00:00Z',
      '1994-11-06T08:49:37+24:00',
      '1994-11-06 08:49:37Z',
      'Sun, 06 Nov 1994 08:49:37 GMT',
      '',
    ])
      expect(parseIsoDate(text)).toBeUndefined();
    expect(parseIsoDate(undefined)).toBeUndefined();
  });

  it('have no separators in signatures', () => {
    expect(parseBasicDate('19941106T084937Z')).toBe(SAMPLE);
    for (const text of ['19941131T084937Z', '19941106T244937Z', '19941106T084937', '1994', ''])
      expect(parseBasicDate(text)).toBeUndefined();
  });

  it('are in UTC in listings', () => {
    const seconds = SAMPLE / 1000;
    expect(parseListedDate('1994-11-06T08:49:37.120450')).toEqual({ seconds, fraction: '120450' });
    expect(parseListedDate('1994-11-06T08:49:37')).toEqual({ seconds, fraction: '' });
    expect(parseListedDate('1994-11-06T08:49:37.5Z')).toEqual({ seconds, fraction: '5' });
    expect(parseListedDate('1994-11-06T08:49:37+01:00')).toBeUndefined();
    expect(parseListedDate('soon')).toBeUndefined();
  });
});
