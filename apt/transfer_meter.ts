import type { Progress } from "@apt-ostree/base";

/** Milliseconds between two looks at the files. */
const INTERVAL = 250;
/** Milliseconds of which the rate is the average. */
const WINDOW = 3000;

/** A file on its way. */
interface Transfer {
  /** Where its bytes come to lie. */
  readonly path: string;
  /** Where they lie once they are checked, which may be before anybody hears of it. */
  readonly checkedPath: string;
  /** How many they will be. */
  readonly size: number;
}

/**
 * Tells how many bytes of some transfers are here, and how fast they come, by looking at their files:
 * apt's transports say nothing about that to anybody but apt.
 *
 * Bytes that were here before the start count, but for no rate.
 */
export class TransferMeter implements Disposable {
  readonly #progress: Progress;
  readonly #phase: string;
  readonly #transfers: Map<string, Transfer>;
  /** Bytes that each transfer had at the last look. */
  readonly #seen = new Map<string, number>();
  readonly #samples: { readonly at: number; readonly bytes: number }[] = [];
  readonly #timer: ReturnType<typeof setInterval>;
  #done = 0;
  #doneBytes = 0;
  #item: string | undefined;

  /** Watch `transfers`, by name, until disposed; `phase` is that of the events. */
  constructor(progress: Progress, phase: string, transfers: ReadonlyMap<string, Transfer>) {
    this.#progress = progress;
    this.#phase = phase;
    this.#transfers = new Map(transfers);
    this.#look();
    this.#sample();
    this.#timer = setInterval(() => {
      this.#look();
      this.#tell();
    }, INTERVAL);
  }

  /** A transfer is complete, its file checked and moved away. @param item Its name for people. */
  finish(name: string, item: string): void {
    this.#doneBytes += this.#transfers.get(name)?.size ?? 0;
    this.#transfers.delete(name);
    this.#seen.delete(name);
    this.#done++;
    this.#item = item;
    this.#tell();
  }

  /** Look no more. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #tell(): void {
    const now = this.#sample();
    const first = this.#samples[0]!;
    const seconds = (now.at - first.at) / 1000;
    // A transfer that begins anew has fewer bytes than before.
    const rate = seconds > 0 ? Math.max(0, Math.round((now.bytes - first.bytes) / seconds)) : 0;
    this.#progress({
      type: "phase-progress",
      phase: this.#phase,
      done: this.#done,
      bytes: now.bytes,
      bytesPerSecond: rate,
      ...(this.#item === undefined ? {} : { item: this.#item }),
    });
  }

  /** Not at every transfer that ends: with hundreds of them that would be looks by the ten thousand. */
  #look(): void {
    for (const [name, { path, checkedPath, size }] of this.#transfers) {
      this.#seen.set(name, Math.min(size, sizeOf(path) ?? sizeOf(checkedPath) ?? 0));
    }
  }

  #sample(): { readonly at: number; readonly bytes: number } {
    const bytes = [...this.#seen.values()].reduce((sum, each) => sum + each, this.#doneBytes);
    const sample = { at: performance.now(), bytes };
    this.#samples.push(sample);
    while (this.#samples.length > 2 && sample.at - this.#samples[0]!.at > WINDOW) {
      this.#samples.shift();
    }
    return sample;
  }
}

function sizeOf(path: string): number | undefined {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
