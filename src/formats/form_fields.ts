import type { ByteString } from '../http/bytes';
import { Turns } from '../util/turns';
import { InvalidForm, type Part } from './multipart';

/** Bytes that the name of a field has at most, and all fields together with their headers. */
export const MAX_FIELD_NAME = 256;
const MAX_FIELDS = 64 * 1024;
/** Small fields cost more to read than they have bytes. */
const MAX_PARTS = 256;
const PARTS_IN_TURN = 8;

/** Counts what a form says before its file, whose sender is known only then. */
export class FieldBounds {
  private left = MAX_FIELDS;
  private parts = 0;
  private readonly turns = new Turns(PARTS_IN_TURN);

  /**
   * The value of a field, which is read to its end.
   *
   * @param name as it is told; undefined: it has none, and counts all the same
   * @throws InvalidForm as soon as it is too much
   */
  async valueOf(name: ByteString | undefined, part: Part): Promise<ByteString> {
    if (name !== undefined && name.length > MAX_FIELD_NAME)
      throw new InvalidForm(`the name of a field has more than ${MAX_FIELD_NAME} bytes`);
    if (++this.parts > MAX_PARTS) throw new FieldsTooLong();
    this.count(part.headLength);
    await this.turns.after();
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
