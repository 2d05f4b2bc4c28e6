import { UsageError } from '../usage_error';

/** A person at a terminal. */
export interface Person {
  /** Returns an answer. A secret one is not shown while it is typed. */
  ask(question: string, isSecret?: boolean): Promise<string>;
  print(line: string): void;
}

/** A question that a flag or a person answers. */
export interface Question<T> {
  readonly flag: string;
  /** The value of the flag. */
  readonly given?: string | undefined;
  /** For a person. */
  readonly text: string;
  /** What a missing flag and a blank answer mean. */
  readonly byDefault?: string;
  /** What a blank answer means, if the flag has no default. */
  readonly proposal?: string;
  readonly isSecret?: boolean;
  /** @throws UsageError with what is wrong */
  readonly read: (answer: string) => T;
}

/** Takes answers from flags, and from a person what they leave open. */
export class Interview {
  #hasAsked = false;

  /** @param asksDefaults whether the person is asked about what has a default */
  constructor(
    private readonly person: Person | undefined,
    private readonly asksDefaults: boolean,
  ) {}

  /** Whether the person was asked anything. */
  get hasAsked(): boolean {
    return this.#hasAsked;
  }

  /** @throws UsageError if a flag has a wrong value */
  async answer<T>(question: Question<T>): Promise<T> {
    const { flag, given, byDefault, read } = question;
    const known = given ?? (this.person && this.asksDefaults ? undefined : byDefault);
    if (known !== undefined) return readFlag(flag, known, read);
    if (this.person) return this.#ask(this.person, question);
    throw new Error(`${flag} must have been required`);
  }

  async #ask<T>(person: Person, question: Question<T>): Promise<T> {
    this.#hasAsked = true;
    const { text, isSecret, read, byDefault, proposal = byDefault } = question;
    const prompt = proposal === undefined || proposal === '' ? text : `${text} [${proposal}]`;
    for (;;) {
      const answer = (await person.ask(`${prompt}: `, isSecret)).trim();
      try {
        return read(answer === '' ? (proposal ?? '') : answer);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        person.print(error.message);
      }
    }
  }
}

function readFlag<T>(flag: string, value: string, read: (text: string) => T): T {
  try {
    return read(value);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${flag}: ${error.message}`, { cause: error });
  }
}
