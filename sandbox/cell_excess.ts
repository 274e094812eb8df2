/** A limit that was passed. */
export interface CellExcess {
  /** Which one. */
  readonly limit: "time" | "output" | "processes" | "memory" | "disk" | "files";
  /** What was found, for people; follows "it". */
  readonly found: string;
}

/** Bytes for people. */
export function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
