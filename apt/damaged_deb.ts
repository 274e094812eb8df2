import { quoted } from "@apt-ostree/base";
import { DebError } from "./error.ts";

/** The error about a .deb that cannot be read; `what` says what was found. */
export function damagedDeb(
  code: DebError["code"],
  file: string,
  what: string,
  cause?: unknown,
): DebError {
  return new DebError(code, `Cannot read ${quoted(file, 4096)}: ${what}`, {
    subject: file,
    hint: code === "deb/too-large"
      ? "The file is damaged or hostile; if you trust it, read it with higher limits"
      : "The file is damaged or no Debian package: download it again",
    cause,
  });
}
