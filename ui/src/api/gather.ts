/** Questions asked within one turn of the event loop, alike but for their key, go out together. */

import { type Leave, Leaving } from "./leaving";

type Send<Answer> = (keys: string[], signal: AbortSignal) => Promise<Answer>;

interface Open<Answer> {
  waiting: Leaving<string>;
  answer: Promise<Answer>;
}

/** Milliseconds that a question waits for others. */
const PAUSE = 8;

export class Gather<Answer> {
  private readonly open = new Map<string, Open<Answer>>();

  /** `alike` says which may go together, at most `most` keys in one question. */
  ask(alike: string, key: string, most: number, send: Send<Answer>, leave?: Leave): Promise<Answer> {
    const found = this.open.get(alike);
    const fits = found && !found.waiting.signal.aborted && (found.waiting.size < most || found.waiting.has(key));
    const { waiting, answer } = fits ? found : this.begin(alike, send);
    waiting.join(key, leave);
    return answer;
  }

  private begin(alike: string, send: Send<Answer>): Open<Answer> {
    const waiting = new Leaving<string>();
    const answer = new Promise<void>((resume) => setTimeout(resume, PAUSE)).then(() => {
      if (this.open.get(alike)?.waiting === waiting) this.open.delete(alike);
      waiting.signal.throwIfAborted();
      return send(waiting.wanted(), waiting.signal);
    });
    const batch = { waiting, answer };
    this.open.set(alike, batch);
    return batch;
  }
}
