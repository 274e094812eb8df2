import { assertEquals } from "@std/assert";
import { lacks } from "../../tests/support/lacks.ts";
import { field, formatStatusRecord, joinStatus, splitStatus } from "./status_file.ts";

const CONTROL = new Map([
  ["Package", "vim-tiny"],
  ["Version", "2:9.0-1"],
  ["Architecture", "amd64"],
  ["Maintainer", "A <a@example.org>"],
  ["Homepage", "https://example.org/"],
  ["Description", "an editor\n It edits.\n .\n More."],
  ["Depends", "libc6 (>= 2.36)"],
]);

Deno.test("formatStatusRecord() writes the fields in dpkg's order, unknown ones last", () => {
  const conffiles = [{ path: "/etc/vim/vimrc.tiny", md5: "0".repeat(32) }];
  assertEquals(
    formatStatusRecord({ control: CONTROL, state: "installed", conffiles }),
    `Package: vim-tiny
Status: install ok installed
Maintainer: A <a@example.org>
Architecture: amd64
Version: 2:9.0-1
Depends: libc6 (>= 2.36)
Conffiles:
 /etc/vim/vimrc.tiny ${"0".repeat(32)}
Description: an editor
 It edits.
 .
 More.
Homepage: https://example.org/`,
  );
});

Deno.test("joinStatus() undoes splitStatus() and sorts by name, then architecture", () => {
  const stanza = (name: string, arch: string) => `Package: ${name}\nArchitecture: ${arch}`;
  const text = joinStatus([stanza("b", "all"), stanza("a", "i386"), stanza("a", "amd64")]);
  assertEquals(splitStatus(text), [stanza("a", "amd64"), stanza("a", "i386"), stanza("b", "all")]);
  assertEquals(field(splitStatus(text)[1]!, "Architecture"), "i386");
});

Deno.test("dpkg reads what joinStatus() wrote", { ignore: await lacks("dpkg-query") }, async () => {
  const dir = await Deno.makeTempDir();
  try {
    const record = formatStatusRecord({ control: CONTROL, state: "installed", conffiles: [] });
    await Deno.mkdir(`${dir}/info`);
    await Deno.writeTextFile(`${dir}/status`, joinStatus([record]));
    const { stdout } = await new Deno.Command("dpkg-query", {
      args: ["--admindir", dir, "-W", "-f", "${Package} ${Version} ${db:Status-Abbrev}${Homepage}"],
    }).output();
    assertEquals(new TextDecoder().decode(stdout), "vim-tiny 2:9.0-1 ii https://example.org/");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
