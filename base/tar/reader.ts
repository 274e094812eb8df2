import type { TarEntry, TarEntryType, TarHandler, TarLimits } from "./entry.ts";
import { TarError } from "./error.ts";
import { number, parseTarHeader, TAR_BLOCK, type TarHeader, text } from "./header.ts";
import { parsePax, paxNumber, type PaxRecords, paxText, paxXattrs } from "./pax.ts";
import { parseSparseMap, type SparsePart } from "./sparse.ts";

const TYPES: Readonly<Record<string, TarEntryType>> = {
  "0": "file",
  "1": "hardlink",
  "2": "symlink",
  "3": "char",
  "4": "block",
  "5": "dir",
  "6": "fifo",
  "S": "file",
};

/**
 * Reads a tar archive as its bytes come, synchronously: v7, ustar, GNU long names, base-256 numbers
 * and sparse files, and PAX headers with extended attributes.
 *
 * Names are passed on as they are: who lays files out must check them.
 */
export class TarReader {
  readonly #handler: TarHandler;
  readonly #limits: Required<TarLimits>;
  readonly #block = new Uint8Array(TAR_BLOCK);
  #filled = 0;
  /** What the coming bytes are. */
  #state: "header" | "data" | "skip" | "gather" | "sparse" | "ended" = "header";
  /** Bytes that this state still takes. */
  #left = 0;
  #padding = 0;
  #gathered: Uint8Array[] = [];
  #gatherFlag = "";
  #global: PaxRecords = new Map();
  #local: PaxRecords = new Map();
  #longName: string | undefined;
  #longLink: string | undefined;
  #entries = 0;
  #zeroBlocks = 0;
  #sparse: Sparse | undefined;
  #sparseHeader: TarHeader | undefined;
  #sparseParts: SparsePart[] = [];
  #sparseSize = 0;

  /** Create a reader that hands what it finds to `handler`. */
  constructor(handler: TarHandler, limits: TarLimits = {}) {
    this.#handler = handler;
    this.#limits = {
      maxFileSize: limits.maxFileSize ?? 16 * 1024 ** 3,
      maxEntries: limits.maxEntries ?? 4_000_000,
      maxNameLength: limits.maxNameLength ?? 8192,
      maxHeaderSize: limits.maxHeaderSize ?? 1024 * 1024,
    };
  }

  /** Take the next bytes. @throws {TarError} If they are no archive within the limits. */
  feed(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && this.#state !== "ended";) {
      if (this.#state === "header" || this.#state === "sparse") {
        const take = Math.min(TAR_BLOCK - this.#filled, bytes.length - at);
        if (take === TAR_BLOCK) this.#onBlock(bytes.subarray(at, at + TAR_BLOCK));
        else {
          this.#block.set(bytes.subarray(at, at + take), this.#filled);
          this.#filled += take;
          if (this.#filled === TAR_BLOCK) {
            this.#filled = 0;
            this.#onBlock(this.#block);
          }
        }
        at += take;
      } else {
        const take = Math.min(this.#left, bytes.length - at);
        this.#onBytes(bytes.subarray(at, at + take));
        at += take;
      }
    }
  }

  /** The archive's bytes are over. @throws {TarError} `tar/truncated` inside a member. */
  close(): void {
    if (this.#state === "ended" || (this.#state === "header" && this.#filled === 0)) return;
    throw new TarError("tar/truncated", "Cannot read tar archive: it ends inside a member");
  }

  #onBlock(block: Uint8Array): void {
    if (this.#state === "sparse") return this.#onSparseBlock(block);
    const header = parseTarHeader(block);
    if (!header) {
      if (++this.#zeroBlocks === 2) this.#state = "ended";
      return;
    }
    this.#zeroBlocks = 0;
    if (header.flag === "L" || header.flag === "K" || header.flag === "x" || header.flag === "g") {
      if (header.size > this.#limits.maxHeaderSize) {
        throw new TarError(
          "tar/too-large",
          `Cannot read tar archive: a header has ${header.size} bytes`,
        );
      }
      this.#gatherFlag = header.flag;
      this.#gathered = [];
      return this.#expect("gather", header.size);
    }
    if (header.flag === "S") {
      this.#sparseHeader = header;
      this.#sparseParts = parseSparseMap(block, 386, 4);
      this.#sparseSize = number(block, 483, 12);
      if (block[482] !== 1) return this.#beginSparse();
      this.#state = "sparse";
      return;
    }
    this.#begin(header, header.size);
  }

  #onSparseBlock(block: Uint8Array): void {
    this.#sparseParts.push(...parseSparseMap(block, 0, 21));
    if (this.#sparseParts.length > 1_000_000) {
      throw new TarError(
        "tar/too-large",
        "Cannot read tar archive: a sparse file has too many parts",
      );
    }
    if (block[504] === 1) return;
    this.#beginSparse();
  }

  #beginSparse(): void {
    const size = this.#sparseSize;
    this.#sparse = new Sparse(this.#sparseParts, size, (piece) => this.#handler.data(piece));
    this.#begin(this.#sparseHeader!, size);
  }

  #begin(header: TarHeader, size: number): void {
    const type = TYPES[header.flag];
    if (!type) {
      throw new TarError(
        "tar/unsupported",
        `Cannot read tar archive: "${header.name}" has type ${JSON.stringify(header.flag)}`,
        {
          subject: header.name,
        },
      );
    }
    if (++this.#entries > this.#limits.maxEntries) {
      throw new TarError(
        "tar/too-large",
        `Cannot read tar archive: more than ${this.#limits.maxEntries} members`,
      );
    }
    const stored = this.#pax("size", paxNumber) ?? header.size;
    const isFile = type === "file";
    const logical = isFile ? (this.#sparse ? size : stored) : 0;
    if (logical > this.#limits.maxFileSize || stored < 0) {
      throw new TarError(
        "tar/too-large",
        `Cannot read tar archive: "${header.name}" has ${logical} bytes`,
        {
          subject: header.name,
        },
      );
    }
    const path = this.#pax("path", paxText) ?? this.#longName ?? header.name;
    const target = this.#pax("linkpath", paxText) ?? this.#longLink ?? header.linkname;
    if (path.length > this.#limits.maxNameLength || target.length > this.#limits.maxNameLength) {
      throw new TarError(
        "tar/too-large",
        `Cannot read tar archive: a name has ${path.length} characters`,
      );
    }
    const directory = isFile && path.endsWith("/") && header.format === "v7";
    const entry: TarEntry = {
      type: directory ? "dir" : type,
      path,
      target: type === "symlink" || type === "hardlink" ? target : "",
      uid: this.#pax("uid", paxNumber) ?? header.uid,
      gid: this.#pax("gid", paxNumber) ?? header.gid,
      uname: this.#pax("uname", paxText) ?? header.uname,
      gname: this.#pax("gname", paxText) ?? header.gname,
      mode: header.mode,
      size: directory ? 0 : logical,
      mtime: this.#pax("mtime", paxNumber) ?? header.mtime,
      xattrs: this.#local.size + this.#global.size > 0
        ? paxXattrs(new Map([...this.#global, ...this.#local]))
        : [],
      devMajor: header.devMajor,
      devMinor: header.devMinor,
    };
    this.#local = new Map();
    this.#longName = this.#longLink = undefined;
    this.#handler.entry(entry);
    if (isFile && !directory) this.#expect("data", stored);
    else {
      // A hard link may repeat its file's size without its bytes; nothing else carries data.
      this.#handler.end();
      this.#expect(
        "skip",
        type === "dir" || type === "hardlink" || type === "symlink" ? 0 : stored,
      );
    }
  }

  #pax<T>(key: string, read: (records: PaxRecords, key: string) => T | undefined): T | undefined {
    return read(this.#local, key) ?? read(this.#global, key);
  }

  #expect(state: "data" | "skip" | "gather", bytes: number): void {
    this.#state = state;
    this.#left = bytes;
    this.#padding = (TAR_BLOCK - (bytes % TAR_BLOCK)) % TAR_BLOCK;
    if (bytes === 0) this.#complete();
  }

  #onBytes(piece: Uint8Array): void {
    this.#left -= piece.length;
    if (this.#state === "data") {
      if (this.#sparse) this.#sparse.feed(piece);
      else this.#handler.data(piece);
    } else if (this.#state === "gather") this.#gathered.push(piece.slice());
    if (this.#left === 0) this.#complete();
  }

  /** The bytes of this state are over: skip what fills the block, then the next header comes. */
  #complete(): void {
    if (this.#state === "data") {
      this.#sparse?.close();
      this.#sparse = undefined;
      this.#handler.end();
    } else if (this.#state === "gather") this.#onGathered();
    if (this.#padding > 0) {
      this.#left = this.#padding;
      this.#padding = 0;
      this.#state = "skip";
    } else this.#state = "header";
  }

  #onGathered(): void {
    const bytes = new Uint8Array(this.#gathered.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of this.#gathered) {
      bytes.set(piece, at);
      at += piece.length;
    }
    switch (this.#gatherFlag) {
      case "L":
        this.#longName = text(bytes, 0, bytes.length);
        break;
      case "K":
        this.#longLink = text(bytes, 0, bytes.length);
        break;
      case "x":
        this.#local = parsePax(bytes);
        break;
      default:
        this.#global = new Map([...this.#global, ...parsePax(bytes)]);
    }
  }
}

const ZEROS = new Uint8Array(64 * 1024);

/** Turns the stored parts of a sparse file into its full content. */
class Sparse {
  readonly #parts: readonly SparsePart[];
  readonly #size: number;
  readonly #out: (piece: Uint8Array) => void;
  #at = 0;
  #part = 0;
  #inPart = 0;

  constructor(parts: readonly SparsePart[], size: number, out: (piece: Uint8Array) => void) {
    let end = 0;
    for (const part of parts) {
      if (part.offset < end || part.offset + part.size > size) {
        throw new TarError(
          "tar/bad-header",
          "Cannot read tar archive: a sparse map is out of order",
        );
      }
      end = part.offset + part.size;
    }
    this.#parts = parts;
    this.#size = size;
    this.#out = out;
  }

  feed(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length;) {
      const part = this.#parts[this.#part];
      if (!part) {
        throw new TarError("tar/bad-header", "Cannot read tar archive: a sparse file is too long");
      }
      this.#zeros(part.offset);
      const take = Math.min(part.size - this.#inPart, bytes.length - from);
      this.#out(bytes.subarray(from, from + take));
      this.#at += take;
      this.#inPart += take;
      from += take;
      if (this.#inPart === part.size) {
        this.#part++;
        this.#inPart = 0;
      }
    }
  }

  close(): void {
    this.#zeros(this.#size);
  }

  #zeros(upTo: number): void {
    while (this.#at < upTo) {
      const take = Math.min(ZEROS.length, upTo - this.#at);
      this.#out(ZEROS.subarray(0, take));
      this.#at += take;
    }
  }
}
