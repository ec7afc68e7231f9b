/** Questions asked within one turn of the event loop, alike but for their key, go out together. */

interface Open<Answer> {
  keys: Set<string>;
  answer: Promise<Answer>;
}

/** Milliseconds that a question waits for others. */
const PAUSE = 8;

export class Gather<Answer> {
  private readonly open = new Map<string, Open<Answer>>();

  /** `alike` says which may go together, at most `most` keys in one question. */
  ask(alike: string, key: string, most: number, send: (keys: string[]) => Promise<Answer>): Promise<Answer> {
    const found = this.open.get(alike);
    if (found && (found.keys.size < most || found.keys.has(key))) {
      found.keys.add(key);
      return found.answer;
    }
    const keys = new Set([key]);
    const answer = new Promise<void>((resume) => setTimeout(resume, PAUSE)).then(() => {
      if (this.open.get(alike)?.keys === keys) this.open.delete(alike);
      return send([...keys]);
    });
    this.open.set(alike, { keys, answer });
    return answer;
  }
}
