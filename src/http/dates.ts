const MONTHS: readonly string[] = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const MONTH = `(${MONTHS.join('|')})`;
const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const LONG_DAY = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';
const TIME = String.raw`(\d\d):(\d\d):(\d\d)`;

/**
 * IMF-fixdate, and the form of mail of which it is a part (RFC 5322, 3.3): signers of S3
 * write `+0000`.
 */
const IMF = new RegExp(
  String.raw`^(?:${DAY}, ?)?(\d{1,2}) ${MONTH} (\d{4}) ${TIME} (GMT|UTC?|[+-]\d{4})$`,
);
const RFC_850 = new RegExp(String.raw`^${LONG_DAY}, (\d\d)-${MONTH}-(\d\d) ${TIME} GMT$`);
const ASCTIME = new RegExp(String.raw`^${DAY} ${MONTH} ([ \d]\d) ${TIME} (\d{4})$`);

/**
 * Parses a date as in HTTP's headers: IMF-fixdate, RFC 850's form, or that of `asctime`,
 * which is in UTC (RFC 9110, 5.6.7). The name of the day is not compared with the date.
 *
 * @param now milliseconds since 1970; RFC 850's years of two digits are of the century in
 *   which the date is at most 50 years after it
 * @returns milliseconds since 1970; undefined for anything else, and if there is no such
 *   day or hour
 */
export function parseDate(text = '', now = Date.now()): number | undefined {
  const trimmed = text.trim();
  const [, day = '', month = '', year = '', ...imf] = IMF.exec(trimmed) ?? [];
  const [hour = '', minute = '', second = '', zone = ''] = imf;
  if (zone !== '') return inZone(timeOf(year, month, day, [hour, minute, second]), zone);
  const [, oldDay = '', oldMonth = '', shortYear, ...oldTime] = RFC_850.exec(trimmed) ?? [];
  if (shortYear !== undefined)
    return inNearCentury(shortYear, now, (full) => timeOf(full, oldMonth, oldDay, oldTime));
  const [, cMonth = '', cDay = '', ...c] = ASCTIME.exec(trimmed) ?? [];
  const [cHour = '', cMinute = '', cSecond = '', cYear] = c;
  return cYear === undefined
    ? undefined
    : timeOf(cYear, cMonth, cDay.trim(), [cHour, cMinute, cSecond]);
}

function timeOf(
  year: string,
  month: string,
  day: string,
  [hour, minute, second]: readonly string[],
): number | undefined {
  const number = String(MONTHS.indexOf(month) + 1);
  return utc([year, number, day, hour, minute, second].map(Number));
}

/** Applies an offset like `+0800`; undefined if there is no such zone. */
function inZone(time: number | undefined, zone: string): number | undefined {
  const [, sign, hours, minutes] = /^([+-])(\d\d)(\d\d)$/.exec(zone) ?? [];
  if (time === undefined || sign === undefined) return time;
  const offset = Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  return Number(hours) < 24 && Number(minutes) < 60 ? time - offset : undefined;
}

/**
 * Returns the time in the last century in which it is at most 50 years after `now`.
 *
 * @param shortYear two digits
 * @param timeIn returns the time in a full year
 */
function inNearCentury(
  shortYear: string,
  now: number,
  timeIn: (year: string) => number | undefined,
): number | undefined {
  const today = new Date(now);
  const latest = new Date(now).setUTCFullYear(today.getUTCFullYear() + 50);
  const century = Math.floor(today.getUTCFullYear() / 100) + 1;
  // 29 February is not in each century
  return [century, century - 1, century - 2]
    .map((each) => timeIn(`${each}${shortYear}`))
    .find((time) => time !== undefined && time <= latest);
}

const ISO = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-]\d\d):(\d\d))$/;

/**
 * Parses a date as in documents: ISO 8601 with a zone (RFC 3339), such as
 * `2026-01-31T12:00:00.123Z`.
 *
 * @returns milliseconds since 1970, cut; undefined for anything else
 */
export function parseIsoDate(text = ''): number | undefined {
  const [, ...fields] = ISO.exec(text) ?? [];
  const [fraction = '', hours, minutes = ''] = fields.splice(6);
  const time = utc(fields.map(Number));
  if (time === undefined) return undefined;
  const exact = time + Number(fraction.slice(0, 3).padEnd(3, '0'));
  return hours === undefined ? exact : inZone(exact, hours + minutes);
}

const BASIC = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/**
 * Parses a date like `20260131T120000Z`, as in `x-amz-date`.
 *
 * @returns milliseconds since 1970; undefined for anything else
 */
export function parseBasicDate(text = ''): number | undefined {
  const [, ...fields] = BASIC.exec(text) ?? [];
  return utc(fields.map(Number));
}

/** A time that is more precise than milliseconds. */
export interface PreciseTime {
  /** Whole seconds since 1970. */
  readonly seconds: number;
  /** The digits of the fraction of a second; may be ''. */
  readonly fraction: string;
}

const LISTED = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?Z?$/;

/**
 * Parses a date as in Swift's listings: `2026-01-31T12:00:00.123450`, in UTC; undefined
 * for anything else.
 */
export function parseListedDate(text = ''): PreciseTime | undefined {
  const [, ...fields] = LISTED.exec(text) ?? [];
  const [fraction = ''] = fields.splice(6);
  const time = utc(fields.map(Number));
  return time === undefined ? undefined : { seconds: time / 1000, fraction };
}

/**
 * Returns the time of year, month, day, hour, minute and second in UTC; undefined if
 * there is no such day or hour. The second may be a leap second.
 */
function utc(fields: readonly number[]): number | undefined {
  const [year = NaN, month = NaN, day = NaN, hour = NaN, minute = NaN, second = NaN] = fields;
  const date = new Date(0);
  // `Date.UTC` takes years before 100 for others
  date.setUTCFullYear(year, month - 1, day);
  const isDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  const isTime = hour < 24 && minute < 60 && second <= 60;
  return isDay && isTime ? date.setUTCHours(hour, minute, second) : undefined;
}
