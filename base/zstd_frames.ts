/** A piece of one frame. */
export interface ZstdPiece {
  /** Bytes of the frame, as it is compressed; a part of what was fed. */
  readonly bytes: Uint8Array;
  /** Whether the frame is complete with them. */
  readonly last: boolean;
}

/** What the next bytes of a frame are. */
type State = "magic" | "skippable" | "descriptor" | "block" | "body" | "checksum";

/**
 * Finds the ends of Zstandard frames in a stream that comes in pieces.
 *
 * Decoders stop at the end of the first frame without a word about what follows, and without one
 * where the stream ends before it: this tells both.
 *
 * @see RFC 8878, section 3.1
 */
export class ZstdFrames {
  #state: State = "magic";
  #skippable = false;
  #hasChecksum = false;
  #lastBlock = false;
  /** Bytes of the field at hand that have come, at most 4. */
  readonly #field: number[] = [];
  /** Bytes of a body that are still to come. */
  #left = 0;

  /** Whether no frame is begun and not ended. */
  get complete(): boolean {
    return this.#state === "magic" && this.#field.length === 0;
  }

  /**
   * Cut the next piece where frames end.
   *
   * @returns `undefined` instead of a piece where the bytes are no frame, and nothing after it.
   */
  *split(piece: Uint8Array): Generator<ZstdPiece | undefined> {
    let from = 0;
    for (let at = 0; at < piece.length;) {
      if (this.#state === "body") {
        const take = Math.min(this.#left, piece.length - at);
        this.#left -= take;
        at += take;
        if (this.#left > 0) break;
        this.#state = this.#afterBody();
      } else {
        this.#field.push(piece[at++]!);
        if (this.#field.length < FIELD[this.#state]) continue;
        const next = this.#onField();
        if (next === undefined) return yield undefined;
        this.#state = next;
        this.#field.length = 0;
      }
      if (this.#state === "body" && this.#left === 0) this.#state = this.#afterBody();
      if (this.#state !== "magic") continue;
      yield { bytes: piece.subarray(from, at), last: true };
      from = at;
    }
    if (from < piece.length) yield { bytes: piece.subarray(from), last: false };
  }

  #onField(): State | undefined {
    const [a = 0, b = 0, c = 0, d = 0] = this.#field;
    const value = (a | b << 8 | c << 16 | d << 24) >>> 0;
    switch (this.#state) {
      case "magic":
        this.#skippable = (value & 0xffff_fff0) >>> 0 === 0x184d_2a50;
        if (this.#skippable) return "skippable";
        return value === 0xfd2f_b528 ? "descriptor" : undefined;
      case "skippable":
        this.#left = value;
        return "body";
      case "descriptor": {
        const single = (a & 0x20) !== 0;
        const content = [single ? 1 : 0, 2, 4, 8][a >> 6]!;
        this.#left = (single ? 0 : 1) + [0, 1, 2, 4][a & 3]! + content;
        this.#hasChecksum = (a & 4) !== 0;
        this.#lastBlock = false;
        return "body";
      }
      case "block": {
        const type = (a >> 1) & 3;
        this.#lastBlock = (a & 1) !== 0;
        this.#left = type === 1 ? 1 : value >>> 3;
        return type === 3 ? undefined : "body";
      }
      default:
        return "magic";
    }
  }

  #afterBody(): State {
    if (this.#skippable) return "magic";
    if (!this.#lastBlock) return "block";
    return this.#hasChecksum ? "checksum" : "magic";
  }
}

/** Bytes of the fields whose content matters. */
const FIELD = { magic: 4, skippable: 4, descriptor: 1, block: 3, checksum: 4 } as const;
