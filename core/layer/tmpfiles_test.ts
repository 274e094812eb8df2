import { assertEquals } from "@std/assert";
import { formatTmpfilesLine, type VarEntry } from "../compose/postprocess/tmpfiles_lines.ts";
import { parseTmpfiles } from "./tmpfiles.ts";

Deno.test("parseTmpfiles() reads back what formatTmpfilesLine() wrote", () => {
  const owner = { user: "games", group: "1234" };
  const entries: VarEntry[] = [
    { type: "directory", path: '/var/lib/with space/50% "q"\\', mode: 0o2750, ...owner },
    { type: "symlink", path: "/var/run", target: "../run/100%s" },
    { type: "file", path: "/var/x", mode: 0o4755, ...owner, source: "/usr/share/factory/var/x" },
  ];
  const text = `# comment\n${entries.map(formatTmpfilesLine).join("\n")}\n`;
  assertEquals(parseTmpfiles(text), entries);
});

// From the files that systemd and others ship.
const LINES: readonly (readonly [line: string, entries: VarEntry[]])[] = [
  ["q /var/tmp 1777 root root 30d", [
    { type: "directory", path: "/var/tmp", mode: 0o1777, user: "root", group: "root" },
  ]],
  ["d /var/log 0755 - - -", [
    { type: "directory", path: "/var/log", mode: 0o755, user: "root", group: "root" },
  ]],
  ["d\t/var/lib/systemd/", [
    { type: "directory", path: "/var/lib/systemd", mode: 0o755, user: "root", group: "root" },
  ]],
  ["L /var/lock - - - - ../run/lock", [
    { type: "symlink", path: "/var/lock", target: "../run/lock" },
  ]],
  ["d /var/log/journal/%m 2755 root systemd-journal - -", []],
  ["z /var/log/journal 2755 root systemd-journal - -", []],
  ["f /var/log/wtmp 0664 root utmp -", []],
  ["R! /tmp/.X11-unix", []],
  ["C /etc/pam.d - - - -", []],
  ["L+ /var/x - - - - %h/x", []],
];
for (const [line, entries] of LINES) {
  Deno.test(`parseTmpfiles() reads "${line}"`, () => assertEquals(parseTmpfiles(line), entries));
}
