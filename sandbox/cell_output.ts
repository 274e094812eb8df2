import { cleanText } from "@apt-ostree/base";
import { type CellExcess, mebibytes } from "./cell_excess.ts";

/** Characters of output that are kept. */
const OUTPUT_TAIL = 64 * 1024;

/** Takes what a program writes, as much as it may write. */
export class CellOutput {
  readonly #decoder = new TextDecoder();
  readonly #most: number;
  readonly #onExcess: (excess: CellExcess) => void;
  readonly #onText: ((text: string) => void) | undefined;
  #bytes = 0;
  #text = "";

  /**
   * Begin with nothing.
   *
   * @param most Bytes that may come.
   * @param onExcess Told when more come.
   * @param onText Told each piece, without what could play with a terminal.
   */
  constructor(
    most: number,
    onExcess: (excess: CellExcess) => void,
    onText: ((text: string) => void) | undefined,
  ) {
    this.#most = most;
    this.#onExcess = onExcess;
    this.#onText = onText;
  }

  /** Take a piece. */
  readonly take = (piece: Uint8Array): void => {
    this.#bytes += piece.length;
    if (this.#bytes > this.#most) {
      return this.#onExcess({ limit: "output", found: `wrote over ${mebibytes(this.#most)}` });
    }
    const text = this.#decoder.decode(piece, { stream: true });
    this.#onText?.(cleanText(text));
    this.#text = (this.#text + text).slice(-OUTPUT_TAIL);
  };

  /** The end of it, without what could play with a terminal. */
  end(): string {
    return cleanText(this.#text);
  }
}
