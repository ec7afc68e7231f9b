/** Many small questions of one moment as one: pure, told how to send. */

import { type Leave, Leaving } from "./leaving";
import type { SeriesAnswer, SeriesPoints, SeriesRequest } from "./schema.gen";

/** Points of one curve, about: a cell has no more pixels. */
const POINTS = 24;
/** Curves that the server answers at once. */
const MOST = 5_000;
/** Milliseconds that a cell waits for the others. */
const PAUSE = 16;

type Send = (body: SeriesRequest, signal: AbortSignal) => Promise<SeriesAnswer>;

interface Batch {
  runs: Set<string>;
  keys: Set<string>;
  waiting: Leaving<string>;
  answer: Promise<Map<string, SeriesPoints>>;
}

export class Sparks {
  private open: Batch | null = null;
  private readonly send: Send;

  constructor(send: Send) {
    this.send = send;
  }

  /** The curve of one run, or null where it has none. */
  async ask(run: string, key: string, leave?: Leave): Promise<SeriesPoints | null> {
    const last = this.open;
    const fits = last && !last.waiting.signal.aborted && (last.runs.size + 1) * (last.keys.size + 1) <= MOST;
    const batch = fits ? last : this.begin();
    batch.runs.add(run);
    batch.keys.add(key);
    batch.waiting.join(run, leave);
    return (await batch.answer).get(`${run}/${key}`) ?? null;
  }

  private begin(): Batch {
    const keys = new Set<string>();
    const waiting = new Leaving<string>();
    const answer = new Promise<void>((resume) => setTimeout(resume, PAUSE)).then(async () => {
      if (this.open?.waiting === waiting) this.open = null;
      waiting.signal.throwIfAborted();
      const { series } = await this.send({ run_ids: waiting.wanted(), keys: [...keys], points: POINTS }, waiting.signal);
      return new Map(series.map((one) => [`${one.run_id}/${one.key}`, one]));
    });
    return (this.open = { runs: new Set(), keys, waiting, answer });
  }
}
