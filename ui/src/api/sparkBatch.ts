/** Many small questions of one moment as one: pure, told how to send. */

import type { SeriesAnswer, SeriesPoints, SeriesRequest } from "./schema.gen";

/** Points of one curve, about: a cell has no more pixels. */
const POINTS = 24;
/** Curves that the server answers at once. */
const MOST = 5_000;
/** Milliseconds that a cell waits for the others. */
const PAUSE = 16;

export class Sparks {
  private waiting: { runs: Set<string>; keys: Set<string>; answer: Promise<Map<string, SeriesPoints>> } | null = null;
  private readonly send: (body: SeriesRequest) => Promise<SeriesAnswer>;

  constructor(send: (body: SeriesRequest) => Promise<SeriesAnswer>) {
    this.send = send;
  }

  /** The curve of one run, or null where it has none. */
  async ask(run: string, key: string): Promise<SeriesPoints | null> {
    const last = this.waiting;
    const fits = last && (last.runs.size + 1) * (last.keys.size + 1) <= MOST;
    const batch = fits ? last : this.begin();
    batch.runs.add(run);
    batch.keys.add(key);
    return (await batch.answer).get(`${run}/${key}`) ?? null;
  }

  private begin() {
    const [runs, keys] = [new Set<string>(), new Set<string>()];
    const answer = new Promise<void>((resume) => setTimeout(resume, PAUSE)).then(async () => {
      if (this.waiting?.runs === runs) this.waiting = null;
      const { series } = await this.send({ run_ids: [...runs], keys: [...keys], points: POINTS });
      return new Map(series.map((one) => [`${one.run_id}/${one.key}`, one]));
    });
    return (this.waiting = { runs, keys, answer });
  }
}
