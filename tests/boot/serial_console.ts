import { cleanText } from "@apt-ostree/base";
import { MachineError } from "./error.ts";

/** What a wait found. */
export interface ConsoleMatch {
  /** Text before the match, since the match before it. */
  readonly before: string;
  /** The groups of the pattern. */
  readonly groups: readonly string[];
}

/** Bytes of the log that an error shows. */
const TAIL = 3000;

/**
 * The text of a serial line: what came out of it, in order, each piece looked at once.
 *
 * Knows nothing of machines; {@linkcode SerialConsole.feed} gives it the text.
 */
export class SerialConsole {
  #text = "";
  #seen = 0;
  #end: string | undefined;
  #wake: (() => void) | undefined;

  /** Everything so far. */
  get log(): string {
    return this.#text;
  }

  /** Add text that arrived. Carriage returns are dropped. */
  feed(text: string): void {
    this.#text += text.replaceAll("\r", "");
    this.#wake?.();
  }

  /** Say that nothing more will come, and why. */
  close(reason: string): void {
    this.#end = reason;
    this.#wake?.();
  }

  /**
   * Wait for a pattern in the text after the last match.
   *
   * @param pattern Without the `g` flag. Kernel messages fall anywhere: anchor on words, not lines.
   * @param what The thing waited for, for the error, for example `login prompt`.
   * @param timeoutMs How long to wait in milliseconds.
   * @throws {MachineError} `machine/timeout` when the time is over, `machine/ended` when the line was
   * closed before; either shows the end of the log.
   */
  async expect(pattern: RegExp, what: string, timeoutMs: number): Promise<ConsoleMatch> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const rest = this.#text.slice(this.#seen);
      const match = pattern.exec(rest);
      if (match) {
        this.#seen += match.index + match[0].length;
        return { before: rest.slice(0, match.index), groups: match.slice(1) };
      }
      if (this.#end !== undefined) {
        throw new MachineError(
          "machine/ended",
          `Cannot find "${what}": ${this.#end}\n${this.#tail()}`,
        );
      }
      const left = end - performance.now();
      if (left <= 0) {
        const seconds = Math.round(timeoutMs / 1000);
        throw new MachineError(
          "machine/timeout",
          `Cannot find "${what}": not there after ${seconds} s\n${this.#tail()}`,
        );
      }
      await this.#change(left);
    }
  }

  async #change(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    this.#wake = resolve;
    await promise;
    this.#wake = undefined;
    clearTimeout(timer);
  }

  #tail(): string {
    return cleanText(this.#text.slice(-TAIL));
  }
}
