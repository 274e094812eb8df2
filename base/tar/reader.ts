import type { TarEntry, TarEntryType, TarHandler, TarLimits } from "./entry.ts";
import { quoted } from "../quoted.ts";
import { TarError } from "./error.ts";
import { number, parseTarHeader, TAR_BLOCK, type TarHeader, text } from "./header.ts";
import { parsePax, paxNumber, type PaxRecords, paxText, paxXattrs } from "./pax.ts";
import { parseSparseMap, SparseBody, type SparsePart } from "./sparse.ts";

/** Bytes that may follow the end: archivers fill records of some kibibytes. */
const MAX_TRAILING = 16 * 1024 ** 2;

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
  #globalXattrs: TarEntry["xattrs"] = [];
  #globalSize = 0;
  #local: PaxRecords = new Map();
  #longName: string | undefined;
  #longLink: string | undefined;
  #entries = 0;
  #namesSize = 0;
  #headersSize = 0;
  /** Bytes after the end. */
  #trailing = 0;
  #sparse: SparseBody | undefined;
  #sparseHeader: TarHeader | undefined;
  #sparseParts: SparsePart[] = [];
  #sparseSize = 0;

  /** Create a reader that hands what it finds to `handler`. */
  constructor(handler: TarHandler, limits: TarLimits = {}) {
    this.#handler = handler;
    this.#limits = {
      maxFileSize: limits.maxFileSize ?? 16 * 1024 ** 3,
      maxEntries: limits.maxEntries ?? 4_000_000,
      maxNameLength: limits.maxNameLength ?? 4096,
      maxNamesSize: limits.maxNamesSize ?? 256 * 1024 ** 2,
      maxHeaderSize: limits.maxHeaderSize ?? 1024 ** 2,
      maxHeadersSize: limits.maxHeadersSize ?? 256 * 1024 ** 2,
    };
  }

  /** Take the next bytes. @throws {TarError} If they are no archive within the limits. */
  feed(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#state === "ended") return this.#skipTrailing(bytes.length - at);
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
    if (!header) { // dpkg too ends at the first block of zeros, so nothing hides behind one
      this.#state = "ended";
      return;
    }
    if (header.flag === "L" || header.flag === "K" || header.flag === "x" || header.flag === "g") {
      if (header.size > this.#limits.maxHeaderSize) {
        throw tooLarge(`a header has ${header.size} bytes`);
      }
      this.#countHeader(TAR_BLOCK + header.size);
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
    this.#countHeader(TAR_BLOCK);
    this.#sparseParts.push(...parseSparseMap(block, 0, 21));
    if (this.#sparseParts.length > 1_000_000) throw tooLarge("a sparse file has too many parts");
    if (block[504] === 1) return;
    this.#beginSparse();
  }

  #beginSparse(): void {
    const size = this.#sparseSize;
    this.#sparse = new SparseBody(this.#sparseParts, size, (piece) => this.#handler.data(piece));
    this.#begin(this.#sparseHeader!, size);
  }

  #begin(header: TarHeader, size: number): void {
    const type = TYPES[header.flag];
    const paxSparse = [...this.#local.keys()].some((key) => key.startsWith("GNU.sparse."));
    if (!type || paxSparse) {
      const found = type ? "is sparse in the PAX way" : `has type ${quoted(header.flag)}`;
      const message = `Cannot read tar archive: ${quoted(header.name)} ${found}`;
      throw new TarError("tar/unsupported", message, { subject: header.name });
    }
    if (++this.#entries > this.#limits.maxEntries) {
      throw tooLarge(`more than ${this.#limits.maxEntries} members`);
    }
    const path = this.#pax("path", paxText) ?? this.#longName ?? header.name;
    const target = this.#pax("linkpath", paxText) ?? this.#longLink ?? header.linkname;
    this.#countName(path);
    this.#countName(target);
    // Only files have bytes, whatever the size says: so reads dpkg, and so does all else.
    const isFile = type === "file" && !path.endsWith("/");
    const stored = isFile ? this.#pax("size", paxNumber) ?? header.size : 0;
    const logical = this.#sparse ? size : stored;
    if (stored < 0) throw badHeader(`${quoted(path)} has ${stored} bytes`);
    if (Math.max(stored, logical) > this.#limits.maxFileSize) {
      throw tooLarge(`${quoted(path)} has ${logical} bytes`);
    }
    const entry: TarEntry = {
      type: type === "file" && !isFile ? "dir" : type,
      path,
      target: type === "symlink" || type === "hardlink" ? target : "",
      uid: owner(this.#pax("uid", paxNumber) ?? header.uid, path),
      gid: owner(this.#pax("gid", paxNumber) ?? header.gid, path),
      uname: this.#pax("uname", paxText) ?? header.uname,
      gname: this.#pax("gname", paxText) ?? header.gname,
      mode: header.mode,
      size: isFile ? logical : 0,
      mtime: this.#pax("mtime", paxNumber) ?? header.mtime,
      xattrs: this.#xattrs(),
      devMajor: header.devMajor,
      devMinor: header.devMinor,
    };
    this.#local = new Map();
    this.#longName = this.#longLink = undefined;
    this.#handler.entry(entry);
    if (isFile) return this.#expect("data", stored);
    this.#sparse = undefined;
    this.#handler.end();
    this.#state = "header";
  }

  #pax<T>(key: string, read: (records: PaxRecords, key: string) => T | undefined): T | undefined {
    return read(this.#local, key) ?? read(this.#global, key);
  }

  #xattrs(): TarEntry["xattrs"] {
    if (this.#local.size === 0) return this.#globalXattrs;
    return paxXattrs(new Map([...this.#global, ...this.#local]));
  }

  #countName(name: string): void {
    const bytes = utf8Length(name);
    if (bytes > this.#limits.maxNameLength) throw tooLarge(`a name has ${bytes} bytes`);
    this.#namesSize += bytes;
    if (this.#namesSize > this.#limits.maxNamesSize) {
      throw tooLarge(`its names have over ${this.#limits.maxNamesSize} bytes`);
    }
  }

  #countHeader(bytes: number): void {
    this.#headersSize += bytes;
    if (this.#headersSize > this.#limits.maxHeadersSize) {
      throw tooLarge(`its long headers have over ${this.#limits.maxHeadersSize} bytes`);
    }
  }

  #skipTrailing(bytes: number): void {
    this.#trailing += bytes;
    if (this.#trailing > MAX_TRAILING) throw tooLarge("it goes on after its end");
  }

  #expect(state: "data" | "gather", bytes: number): void {
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
        this.#globalSize += bytes.length;
        if (this.#globalSize > this.#limits.maxHeaderSize) {
          throw tooLarge(`its global headers have ${this.#globalSize} bytes`);
        }
        this.#global = new Map([...this.#global, ...parsePax(bytes)]);
        this.#globalXattrs = paxXattrs(this.#global);
    }
  }
}

function owner(id: number, path: string): number {
  if (id >= 0 && id < 0xffff_ffff) return id;
  throw badHeader(`${quoted(path)} belongs to number ${id}`);
}

function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) bytes += code >= 0x800 && (code & 0xf800) !== 0xd800 ? 2 : 1;
  }
  return bytes;
}

function badHeader(what: string): TarError {
  return new TarError("tar/bad-header", `Cannot read tar archive: ${what}`);
}

function tooLarge(what: string): TarError {
  return new TarError("tar/too-large", `Cannot read tar archive: ${what}`);
}
