import { AR_HEADER_SIZE, AR_MAGIC, type ArHeader, parseArHeader } from "./ar_header.ts";
import { damagedDeb } from "./damaged_deb.ts";
import type { OpenDebOptions } from "./deb_limits.ts";
import { checkVersion } from "./deb_members.ts";
import { type Deb, openParts } from "./read_deb.ts";

/** Members before the data archive that are looked at; there are two, and rarely one more. */
const MAX_MEMBERS = 16;

/**
 * Open a .deb as its bytes arrive, for example from a server, and read its control part.
 *
 * The files are read by {@linkcode Deb.walk}, which must be called at once, and once: until then the
 * stream waits. Nothing is written to disk.
 *
 * @param body The package; it is cancelled when the reading fails.
 * @param name Name for messages, for example its address.
 * @throws {DebError} As {@linkcode openDeb}.
 */
export async function openDebStream(
  body: ReadableStream<Uint8Array>,
  name: string,
  options: OpenDebOptions = {},
): Promise<Deb> {
  const source = new PieceReader(body, name);
  try {
    const magic = await source.take(AR_MAGIC.length);
    if (new TextDecoder("latin1").decode(magic) !== AR_MAGIC) {
      throw damagedDeb("deb/bad-header", name, "it does not begin as an ar archive");
    }
    const version = await nextMember(source, name);
    if (version.name !== "debian-binary") {
      throw damagedDeb("deb/unsupported", name, "it is no Debian package of format 2");
    }
    checkVersion(await source.take(Math.min(version.size, 32)), name);
    await source.skip(padded(version.size) - Math.min(version.size, 32));
    const control = await nextMember(source, name);
    if (!control.name.startsWith("control.tar")) {
      throw damagedDeb("deb/unsupported", name, "its second member is no control archive");
    }
    // The control archive is small; behind it stands the name of the data archive.
    const { maxControlSize = 32 * 1024 ** 2 } = options;
    if (control.size > maxControlSize) {
      throw damagedDeb("deb/too-large", name, `its control part has ${control.size} bytes`);
    }
    const controlBytes = await source.take(control.size);
    await source.skip(control.size % 2);
    const data = await dataMember(source, name);
    return await openParts(
      name,
      control.size + data.size,
      { name: control.name, pieces: [controlBytes] },
      () => ({ name: data.name, pieces: source.pieces(data.size) }),
      data.name,
      options,
    );
  } catch (error) {
    await source.cancel(error);
    throw error;
  }
}

async function dataMember(source: PieceReader, name: string): Promise<ArHeader> {
  for (let count = 0; count < MAX_MEMBERS; count++) {
    const member = await nextMember(source, name);
    if (!member.name.startsWith("_")) {
      if (member.name.startsWith("data.tar")) return member;
      break;
    }
    await source.skip(padded(member.size));
  }
  throw damagedDeb("deb/unsupported", name, "its third member is no data archive");
}

async function nextMember(source: PieceReader, name: string): Promise<ArHeader> {
  return parseArHeader(await source.take(AR_HEADER_SIZE), name);
}

function padded(size: number): number {
  return size + size % 2;
}

/** Hands out a stream in the sizes that are asked for. */
class PieceReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #name: string;
  #rest: Uint8Array = new Uint8Array();

  constructor(body: ReadableStream<Uint8Array>, name: string) {
    this.#reader = body.getReader();
    this.#name = name;
  }

  /** So many bytes as one. @throws {DebError} `deb/truncated` if there are fewer. */
  async take(size: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(size);
    let at = 0;
    for await (const piece of this.pieces(size)) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  /** Pass bytes over. */
  async skip(size: number): Promise<void> {
    for await (const _ of this.pieces(size));
  }

  /** So many bytes as they come. @throws {DebError} `deb/truncated` if there are fewer. */
  async *pieces(size: number): AsyncGenerator<Uint8Array> {
    for (let left = size; left > 0;) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#reader.read();
        if (done) throw damagedDeb("deb/truncated", this.#name, "it is cut off");
        this.#rest = value;
      }
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  /** Want no more. */
  async cancel(reason: unknown): Promise<void> {
    await this.#reader.cancel(reason);
  }
}
