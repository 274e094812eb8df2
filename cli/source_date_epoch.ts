import { CliError } from "./error.ts";

/** Seconds of `SOURCE_DATE_EPOCH`, where it is set. @throws {CliError} `cli/bad-option`. */
export function sourceDateEpoch(): { readonly sourceDateEpoch?: number } {
  const text = Deno.env.get("SOURCE_DATE_EPOCH");
  if (text === undefined) return {};
  if (/^\d{1,12}$/.test(text)) return { sourceDateEpoch: Number(text) };
  throw new CliError(
    "cli/bad-option",
    `Cannot use SOURCE_DATE_EPOCH="${text}": it is no number of seconds`,
    { subject: "SOURCE_DATE_EPOCH", hint: "Unset it, or set it to seconds since 1970" },
  );
}
