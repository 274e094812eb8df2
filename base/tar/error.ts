import { AptOstreeError } from "../error.ts";

/** A tar archive that is damaged, or larger than allowed. */
export class TarError extends AptOstreeError<
  "tar/bad-header" | "tar/bad-entry" | "tar/truncated" | "tar/unsupported" | "tar/too-large"
> {}
