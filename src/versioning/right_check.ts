import { drain } from '../http/body';
import type { App } from '../plugin/plugin';
import type { Request, Response } from '../swift_api/message';
import type { ObjectTarget } from '../swift_api/target';
import type { Right } from '../swift_api/authority/authority';

/**
 * Checks a client's right to write an object while other requests are sent that change
 * nothing.
 */
export class RightCheck {
  private readonly result: Promise<Right | Response>;
  private isTaken = false;

  constructor(
    app: Pick<App, 'mayWrite'>,
    request: Request,
    target: ObjectTarget,
    options: Parameters<App['mayWrite']>[2],
  ) {
    this.result = app.mayWrite(request, target, options);
    // it may fail before anybody waits for it
    this.result.catch(() => undefined);
  }

  /** Returns the store's refusal for the client. Throws as `App.mayWrite`. */
  async refusal(): Promise<Response | undefined> {
    this.isTaken = true;
    const right = await this.result;
    return 'status' in right ? right : undefined;
  }

  /** Drains a refusal that nobody took. */
  discard(): void {
    if (this.isTaken) return;
    this.result.then(
      (right) => ('status' in right ? drain(right.body) : undefined),
      () => undefined,
    );
  }
}
