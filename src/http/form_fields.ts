import type { ByteString } from './bytes';
import { InvalidForm, type Part } from './multipart';

/** Bytes that the name of a field has at most, and all fields together with their headers. */
export const MOST_FIELD_NAME = 256;
const MOST_FIELDS = 64 * 1024;

/** Counts what a form says before its file, whose sender is known only then. */
export class FieldBounds {
  private left = MOST_FIELDS;

  /**
   * The value of a field, which is read to its end.
   *
   * @param name as it is told; undefined: it has none, and counts all the same
   * @throws InvalidForm as soon as it is too much
   */
  async valueOf(name: ByteString | undefined, part: Part): Promise<ByteString> {
    if (name !== undefined && name.length > MOST_FIELD_NAME)
      throw new InvalidForm(`the name of a field has more than ${MOST_FIELD_NAME} bytes`);
    this.count(part.headLength);
    let value = '';
    for await (const chunk of part.body) {
      this.count(chunk.length);
      value += chunk.toString('latin1');
    }
    return value;
  }

  private count(bytes: number): void {
    this.left -= bytes;
    if (this.left < 0) throw new FieldsTooLong();
  }
}

/** The fields of a form are more than they may be. */
export class FieldsTooLong extends InvalidForm {
  constructor() {
    super('the fields of the form are too long');
  }
}
