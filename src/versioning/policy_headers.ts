import type { Mode } from './archive/plan';
import { quote, unquote, type ByteString } from '../http/bytes';
import { Headers } from '../http/headers';
import { textResponse, type Request, type Response } from '../swift_api/message';
import { RESERVED_PREFIX } from '../swift_api/reserved';

/** The header that switches on each mode. */
export const MODE_HEADERS: Readonly<Record<Mode, string>> = {
  stack: 'X-Versions-Location',
  history: 'X-History-Location',
};
const REMOVE_HEADERS = ['X-Remove-Versions-Location', 'X-Remove-History-Location'];
const SETTING_HEADERS = [...Object.values(MODE_HEADERS), ...REMOVE_HEADERS];

/** A container's mode setting, as its client made it. */
export interface ModeSetting {
  readonly mode: Mode;
  /** The header's value as sent: the archive container's name, usually URL-encoded. */
  readonly location: ByteString;
}

const MODE_KEY = `${RESERVED_PREFIX}versions-mode`;
const ENABLED_KEY = `${RESERVED_PREFIX}versions-enabled`;
/** Switched off before it was ever on: reported as off, otherwise like unversioned. */
const NEVER = 'never';
const LOCATION_KEY = `${RESERVED_PREFIX}versions-location-`;
/** Swift takes 256 bytes in a value; a URL-encoded name can have three times as many. */
const PIECE = 250;
const MAX_PIECES = 6;

/** Reads the mode setting from a container's headers. */
export function readSetting(headers: Headers): ModeSetting | undefined {
  const mode = headers.get(MODE_KEY);
  if (mode !== 'stack' && mode !== 'history') return undefined;
  const pieces = Array.from(
    { length: MAX_PIECES },
    (_, i) => headers.get(LOCATION_KEY + String(i)) ?? '',
  );
  return { mode, location: unquote(pieces.join('')) };
}

/** Whether a container's headers switch on versions with ids; undefined if never set. */
export function readEnabled(headers: Headers): boolean | undefined {
  const value = headers.get(ENABLED_KEY);
  return value === undefined ? undefined : value === 'true';
}

/** Whether versions with ids are or ever were on, so that objects may have ids. */
export function mayHaveIds(headers: Headers): boolean {
  return readEnabled(headers) !== undefined && headers.get(ENABLED_KEY) !== NEVER;
}

/**
 * Returns the headers that store on a container whether versions with ids are on.
 *
 * @param wasEverOn whether they may have been on before
 */
export function enabledHeaders(enabled: boolean, wasEverOn: boolean): Headers {
  return Headers.of({ [ENABLED_KEY]: enabled || wasEverOn ? String(enabled) : NEVER });
}

/**
 * Returns the headers that store a setting on a container, or that remove it. Values are
 * encoded, so that spaces and all bytes are preserved. Undefined if the setting is too
 * long.
 */
function writeSetting(setting: ModeSetting | undefined): Headers | undefined {
  const encoded = setting ? quote(setting.location) : '';
  if (encoded.length > PIECE * MAX_PIECES) return undefined;
  const pieces = Array.from({ length: MAX_PIECES }, (_, i) => [
    LOCATION_KEY + String(i),
    encoded.slice(i * PIECE, (i + 1) * PIECE),
  ]);
  return Headers.of({
    [MODE_KEY]: setting?.mode ?? '',
    ...(Object.fromEntries(pieces) as Record<string, string>),
  });
}

/** Whether a request changes a container's mode setting. */
export function changesSetting(headers: Headers): boolean {
  return SETTING_HEADERS.some((name) => headers.has(name));
}

/** Whether a request switches on one of the two modes. */
export function setsMode(headers: Headers): boolean {
  return Object.values(MODE_HEADERS).some((name) => headers.get(name));
}

/**
 * Returns the headers of a container request with its setting, as Swift reads it,
 * replaced by the headers that store it on the container; or the refusal. If one of both
 * headers is blank the other counts; a blank value, or a remove header with any value,
 * removes the setting; setting wins over removing.
 */
export function translateSetting(request: Request, isAllowed: boolean): Headers | Response {
  const { headers } = request;
  const stack = headers.get(MODE_HEADERS.stack);
  const history = headers.get(MODE_HEADERS.history);
  const rest = headers.without(...SETTING_HEADERS);
  if (stack && history) {
    return textResponse(
      400,
      'Only one of x-versions-location or x-history-location may be specified',
    );
  }
  const location = stack || history;
  if (location) {
    if (!isAllowed && ['PUT', 'POST'].includes(request.method))
      return textResponse(412, 'Versioned Writes is disabled');
    if (location.includes('/')) return textResponse(412, 'Container name cannot contain slashes');
    const settingHeaders = writeSetting({ mode: stack ? 'stack' : 'history', location });
    return settingHeaders
      ? rest.withAll(settingHeaders)
      : textResponse(412, 'The name of the archive container is too long');
  }
  const isRemoval =
    stack === '' || history === '' || REMOVE_HEADERS.some((name) => headers.get(name));
  return isRemoval ? rest.withAll(writeSetting(undefined) ?? Headers.none) : rest;
}
