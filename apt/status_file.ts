import { createHash } from "node:crypto";
import { readTextIfThere } from "./read_text.ts";

/** Seconds since 1970 that dates of status files lie between. */
const FIRST = 1_000_000_000;
const RANGE = 700_000_000;

/**
 * Write the status file that an isolated apt reads, unless its text stands there already.
 *
 * apt takes its cache for good while size and date of the file are what they were, the date in whole
 * seconds: two plans within one second may well want other holds of the same length. So the date is made
 * from the text.
 */
export function writeAptStatus(file: string, text: string): void {
  if (readTextIfThere(file) === text) return;
  Deno.writeTextFileSync(file, text);
  const date = FIRST + createHash("sha256").update(text).digest().readUInt32BE() % RANGE;
  Deno.utimeSync(file, date, date);
}
