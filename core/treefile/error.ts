import { AptOstreeError } from "@apt-ostree/base";

/** A treefile that cannot be read, or does not make sense. */
export class TreefileError extends AptOstreeError<
  | "treefile/not-found"
  | "treefile/syntax"
  | "treefile/unknown-field"
  | "treefile/bad-value"
  | "treefile/bad-condition"
  | "treefile/derive-field"
  | "treefile/include-depth"
  | "treefile/unknown-variable"
> {}
