/** Text that grows, kept as UTF-8: half of what strings take, and no string of its whole length. */
export class ByteBuffer {
  #bytes = new Uint8Array(4096);
  #length = 0;

  /** Add text to the end. */
  add(text: string): void {
    // No character has more than three bytes a unit.
    this.#makeRoom(text.length * 3);
    this.#length += encoder.encodeInto(text, this.#bytes.subarray(this.#length)).written;
  }

  /** Add what is UTF-8 already to the end. */
  addBytes(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** All of it; valid until more is added. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #makeRoom(count: number): void {
    const most = this.#length + count;
    if (most <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(most, this.#bytes.length + (this.#bytes.length >> 1)));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

const encoder = new TextEncoder();
