import type { Progress } from "@apt-ostree/base";
import { parseFetch, parseFetched } from "./apt_output.ts";

/**
 * Tells how far an `apt-get update` is, from what it prints.
 *
 * The phase is `refresh`; its items are package lists, each as it is begun.
 */
export class UpdateMeter {
  readonly #progress: Progress;
  readonly #start = performance.now();
  readonly #decoder = new TextDecoder();
  #rest = "";
  #done = 0;
  #isNew = false;
  #fetched: string | undefined;

  /** Begin the phase. */
  constructor(progress: Progress) {
    this.#progress = progress;
    progress({ type: "phase-start", phase: "refresh", title: "Updating package lists" });
  }

  /** Take a piece of apt's standard output. */
  read(piece: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.decode(piece, { stream: true })).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) {
      this.#fetched = parseFetched(line) ?? this.#fetched;
      const found = parseFetch(line);
      if (!found) continue;
      this.#done++;
      this.#isNew ||= found.isNew;
      const { item } = found;
      this.#progress({ type: "phase-progress", phase: "refresh", done: this.#done, item });
    }
  }

  /** End the phase. @param sources How many sources there are. */
  end(sources: number): void {
    // Lists of this machine's own disk are new, but not fetched.
    const fetched = this.#fetched !== undefined
      ? `, ${this.#fetched} fetched`
      : this.#isNew
      ? ""
      : ", nothing new";
    this.#progress({
      type: "phase-end",
      phase: "refresh",
      done: this.#done,
      ms: performance.now() - this.#start,
      summary: `${sources} ${sources === 1 ? "source" : "sources"}${fetched}`,
    });
  }
}
