import { destroy } from '../../../../src/http/body';
import { unquote } from '../../../../src/http/bytes';
import {
  ClientGone,
  type Filter,
  type Handler,
  type Request,
  type Response,
} from '../../../../src/swift_api/message';
import type { Config } from '../../../../src/pipeline/load';

/**
 * A moment of an operation: before its n-th request (from 1) reaches the store, or after
 * the store executed it but before its response is seen.
 */
export interface Gap {
  readonly side: 'before' | 'after';
  readonly request: number;
}

/**
 * Records the requests of operations to a store, and stops them. Each operation has
 * containers of its own, whose names identify its requests.
 */
export interface Gate {
  /**
   * Starts to record the requests to a cell's containers, and stops them for good at the
   * gap, if there is one.
   */
  begin(cell: string, gap?: Gap): Promise<void>;
  /** Requests that reached the store since then, for people to read. */
  passed(cell: string): Promise<string[]>;
  /** Resolves once a cell is stopped and the store is executing none of its requests. */
  stopped(cell: string): Promise<void>;
}

/** The part of a container's name that identifies its cell. */
const CELL = /crash-[0-9a-f]{8}-\d+/;

/** A gate within this process, at the place of its filter. */
export class LocalGate implements Gate {
  private readonly cells = new Map<string, Watch>();

  readonly filter: Filter = (next) => (request) => {
    const where = unquote(`${request.path} ${request.headers.get('destination') ?? ''}`);
    const watch = this.cells.get(CELL.exec(where)?.[0] ?? '');
    return watch ? watch.pass(request, next) : next(request);
  };

  begin(cell: string, gap?: Gap): Promise<void> {
    this.cells.set(cell, new Watch(gap));
    return Promise.resolve();
  }

  passed(cell: string): Promise<string[]> {
    return Promise.resolve([...this.at(cell).passed]);
  }

  stopped(cell: string): Promise<void> {
    return this.at(cell).stopped;
  }

  /** Lets every request from now on pass. */
  open(): void {
    this.cells.clear();
  }

  private at(cell: string): Watch {
    const watch = this.cells.get(cell);
    if (!watch) throw new Error(`nobody watches ${cell}`);
    return watch;
  }
}

class Watch {
  readonly passed: string[] = [];
  readonly stopped: Promise<void>;
  private tellStopped: () => void = () => undefined;
  private begun = 0;
  private inProgress = 0;
  private isShut = false;

  constructor(private readonly gap: Gap | undefined) {
    this.stopped = new Promise((resolve) => (this.tellStopped = resolve));
  }

  async pass(request: Request, next: Handler): Promise<Response> {
    const number = ++this.begun;
    if (this.shutsAt('before', number)) return this.hold(request);
    this.passed.push(describeRequest(request));
    this.inProgress++;
    const response = await next(request).finally(() => this.inProgress--);
    return this.shutsAt('after', number) ? this.hold(request, response) : response;
  }

  private shutsAt(side: Gap['side'], number: number): boolean {
    if (this.gap?.side === side && this.gap.request === number) this.isShut = true;
    return this.isShut;
  }

  /** Holds a request until its client is gone. */
  private async hold({ signal }: Request, response?: Response): Promise<never> {
    if (this.inProgress === 0) this.tellStopped();
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener('abort', resolve));
    if (response) destroy(response.body);
    throw new ClientGone('it was killed');
  }
}

/** Describes a request for a report: `PUT archive/006object/T < object`. */
function describeRequest({ method, path, query, headers }: Request): string {
  const short = (text: string) =>
    unquote(text)
      .replace(/^\/v1\/[^/]+\//, '')
      .replace(/^\//, '')
      .replace(new RegExp(`${CELL.source}_?`), '')
      .replace(/^\//, '')
      .replace(/\d{10}\.\d{5}/, 'T');
  const to = headers.get('destination');
  const from = headers.get('x-copy-from');
  const isProbe = headers.get('content-type')?.includes('swift_probe');
  const rest = [
    to === undefined ? '' : ` > ${short(to)}`,
    from === undefined ? '' : ` < ${short(from)}`,
    isProbe ? ' (may the client?)' : '',
    query.startsWith('prefix') || query.includes('&prefix') ? ' (listing)' : '',
  ];
  return `${method} ${short(path) || 'container'}${rest.join('')}`;
}

/** Adds a gate in front of a configuration's app. */
export function gated(config: Config, gate: LocalGate): Config {
  return { ...config, createFilters: (context) => [...config.createFilters(context), gate.filter] };
}
