import { readTextIfThere } from "./read_text.ts";

/**
 * Let a file have a text, at no moment half of it; what is as it was stays untouched.
 *
 * An apt that another process starts in between would take an empty configuration, and with it the
 * machine's own directories.
 */
export function replaceText(file: string, text: string): void {
  if (readTextIfThere(file) === text) return;
  const made = `${file}.${Deno.pid}.new`;
  Deno.writeTextFileSync(made, text);
  Deno.renameSync(made, file);
}
