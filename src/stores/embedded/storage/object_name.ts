import { type ByteString, toText } from '../../../http/bytes';

/** Names an object in a finding, as text for people. */
export interface ObjectName {
  readonly account: string;
  readonly container: string;
  readonly object: string;
  /** The object's X-Timestamp, which distinguishes versions. */
  readonly version?: string;
}

/** Formats an object's name on one line. */
export function formatName({ account, container, object, version }: ObjectName): string {
  const name = `${account}/${container}/${object}`;
  return version === undefined ? name : `${name} (version ${version})`;
}

/** Converts a name to text for people. */
export function nameText(name: ByteString): string {
  return toText(name);
}
