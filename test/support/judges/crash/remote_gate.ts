import type { ChildProcess } from 'node:child_process';
import type { Gap, Gate } from './gate';

/** A request to the process with the gate. */
export type ToChild =
  | { readonly id: number; readonly ask: 'begin'; readonly cell: string; readonly gap?: Gap }
  | { readonly id: number; readonly ask: 'passed' | 'stopped'; readonly cell: string };

/** A message from that process: its URL once it listens, or a response. */
export type FromChild = { readonly url: string } | { readonly id: number; readonly value: unknown };

/** A gate in another process, the one to kill. */
export class RemoteGate implements Gate {
  private readonly waiting = new Map<number, (value: unknown) => void>();
  private asked = 0;

  constructor(private readonly child: ChildProcess) {
    child.on('message', (message: FromChild) => {
      if (!('id' in message)) return;
      this.waiting.get(message.id)?.(message.value);
      this.waiting.delete(message.id);
    });
  }

  async begin(cell: string, gap?: Gap): Promise<void> {
    await this.ask((id) => ({ id, ask: 'begin', cell, ...(gap ? { gap } : {}) }));
  }

  async passed(cell: string): Promise<string[]> {
    return (await this.ask((id) => ({ id, ask: 'passed', cell }))) as string[];
  }

  async stopped(cell: string): Promise<void> {
    await this.ask((id) => ({ id, ask: 'stopped', cell }));
  }

  private ask(question: (id: number) => ToChild): Promise<unknown> {
    const id = ++this.asked;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, resolve);
      this.child.send(question(id), (error) => {
        if (error) reject(error);
      });
    });
  }
}
