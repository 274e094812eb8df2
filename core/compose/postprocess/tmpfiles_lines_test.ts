import { assertEquals } from "@std/assert";
import { formatTmpfilesLine } from "./tmpfiles_lines.ts";

Deno.test("formatTmpfilesLine() writes directories, links and files", () => {
  const owner = { user: "root", group: "mail" };
  assertEquals(
    formatTmpfilesLine({ type: "directory", path: "/var/mail", mode: 0o2775, ...owner }),
    "d /var/mail 2775 root mail -",
  );
  assertEquals(
    formatTmpfilesLine({ type: "symlink", path: "/var/run", target: "/run" }),
    "L /var/run - - - - /run",
  );
  const file = { type: "file", path: "/var/lib/a b%", mode: 0o640, source: "/usr/x%" } as const;
  assertEquals(
    formatTmpfilesLine({ ...file, ...owner }),
    'C "/var/lib/a b%%" 0640 root mail - /usr/x%%',
  );
});
