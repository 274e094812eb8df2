/** Kinds of archive members that stand for something in a file system. */
export type TarEntryType = "file" | "dir" | "symlink" | "hardlink" | "char" | "block" | "fifo";

/** One member of a tar archive, long names, PAX records and sparse maps resolved. */
export interface TarEntry {
  /** What it is. */
  readonly type: TarEntryType;
  /** Name as in the archive, which nobody has checked. */
  readonly path: string;
  /** Target of a symbolic link, or name of the member that a hard link stands for; else "". */
  readonly target: string;
  /** Number of the owner. */
  readonly uid: number;
  /** Number of the group. */
  readonly gid: number;
  /** Name of the owner; "" where there is none. */
  readonly uname: string;
  /** Name of the group; "" where there is none. */
  readonly gname: string;
  /** Permission bits, at most 0o7777. */
  readonly mode: number;
  /** Bytes of content; 0 for everything but files. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Extended attributes in archive order. */
  readonly xattrs: readonly (readonly [name: string, value: Uint8Array<ArrayBuffer>])[];
  /** Device numbers of `char` and `block`; else 0. */
  readonly devMajor: number;
  /** Minor number of the device. */
  readonly devMinor: number;
}

/** Receives an archive as it is read. */
export interface TarHandler {
  /** A member begins. */
  entry(entry: TarEntry): void;
  /** The next bytes of a file; valid only until the call returns. */
  data(piece: Uint8Array): void;
  /** A member is complete; follows every `entry`. */
  end(): void;
}

/** Bounds on what a reader takes from an archive that nobody vouches for. */
export interface TarLimits {
  /** Most bytes of one file. @default {17_179_869_184} */
  readonly maxFileSize?: number;
  /** Most members. @default {4_000_000} */
  readonly maxEntries?: number;
  /** Most bytes of a name or a link target. @default {4096} */
  readonly maxNameLength?: number;
  /** Most bytes of all names and link targets together. @default {268_435_456} */
  readonly maxNamesSize?: number;
  /** Most bytes of one PAX header or GNU long name. @default {1_048_576} */
  readonly maxHeaderSize?: number;
  /** Most bytes of all PAX headers, GNU long names and sparse maps together. @default {268_435_456} */
  readonly maxHeadersSize?: number;
}
