import { type ByteString, toText } from '../../../http/bytes';

/** An object that a finding is about; texts for people. */
export interface ObjectName {
  readonly account: string;
  readonly container: string;
  readonly object: string;
  /** The object's X-Timestamp, by which versions differ. */
  readonly version?: string;
}

/** An object's name on one line. */
export function formatName({ account, container, object, version }: ObjectName): string {
  const name = `${account}/${container}/${object}`;
  return version === undefined ? name : `${name} (version ${version})`;
}

/** A name for people to read. */
export function nameText(name: ByteString): string {
  return toText(name);
}
