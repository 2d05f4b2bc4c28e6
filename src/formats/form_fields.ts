import type { ByteString } from '../http/bytes';
import { TurnBudget } from '../util/turns';
import { InvalidForm, type Part } from './multipart';

/** Max bytes of a field's name, and of all fields together with their headers. */
const MAX_FIELD_NAME = 256;
const MAX_FIELDS = 64 * 1024;
/** Max number of fields: reading a small one costs more than its size. */
const MAX_PARTS = 256;
const PARTS_IN_TURN = 8;

/** Limits the fields before the file of a form: its sender is known only after them. */
export class FieldLimits {
  private left = MAX_FIELDS;
  private parts = 0;
  private readonly turns = new TurnBudget(PARTS_IN_TURN);

  /**
   * Reads the value of a field to its end.
   *
   * @param name undefined if the field has none; it counts all the same
   * @throws InvalidForm as soon as a limit is exceeded
   */
  async readValue(name: ByteString | undefined, part: Part): Promise<ByteString> {
    if (name !== undefined && name.length > MAX_FIELD_NAME)
      throw new InvalidForm(`the name of a field has more than ${MAX_FIELD_NAME} bytes`);
    if (++this.parts > MAX_PARTS) throw new FieldsTooLong();
    this.count(part.headLength);
    await this.turns.spend();
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

/** A form has too many fields, or too long ones. */
export class FieldsTooLong extends InvalidForm {
  constructor() {
    super('the fields of the form are too long');
  }
}
