import type { RawDeb } from "../../support/raw_deb.ts";
import { rawMember } from "../../support/raw_tar.ts";

/** A .deb that means harm. */
export interface HostileDeb extends RawDeb {
  /** The danger. */
  readonly danger: string;
  /** How reading ends: "ok" or the code of the error. */
  readonly read: string;
  /** How importing ends. @default as reading */
  readonly imported?: string;
  /** Part of the message. */
  readonly message?: string;
}

/** Ends that most of them share. */
export const [OK, BAD, LARGE]: [string, string, string] = ["ok", "deb/bad-data", "deb/too-large"];

/** What clears a terminal, renames its window, colours it and turns its direction. */
export const ESCAPES = "\x1b[2J\x1b]0;owned\x07\u009b31m\u202e";

/** A file. */
export function file(name: string | Uint8Array, body = "x"): Uint8Array[] {
  return rawMember({ name }, body);
}

/** A directory. */
export function dir(name: string): Uint8Array[] {
  return rawMember({ name, flag: "5", mode: 0o755 });
}

/** A symbolic link. */
export function link(name: string, target: string | Uint8Array): Uint8Array[] {
  return rawMember({ name, flag: "2", link: target });
}

/** A hard link. */
export function hard(name: string, target: string): Uint8Array[] {
  return rawMember({ name, flag: "1", link: target });
}

/** The control file. */
export function control(content: string | Uint8Array): Uint8Array[] {
  return rawMember({ name: "./control" }, content);
}

/** A file whose name stands in a GNU header of its own. */
export function long(name: string): Uint8Array[] {
  return [...rawMember({ name: "L", flag: "L" }, `${name}\0`), ...file("x")];
}

/** The members that `make` gives, one after the other, made as they are read. */
export function* many(count: number, make: (i: number) => Uint8Array[]): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) yield* make(i);
}
