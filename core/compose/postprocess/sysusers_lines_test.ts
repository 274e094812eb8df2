import { assertEquals } from "@std/assert";
import { parseGroup, parsePasswd } from "../../assemble/account_files.ts";
import { formatSysusers } from "./sysusers_lines.ts";

const GIVEN = {
  users: parsePasswd("root:x:0:0:root:/root:/bin/bash\n"),
  groups: parseGroup("root:x:0:\naudio:x:29:\n"),
};

Deno.test("formatSysusers() writes made accounts with their numbers, and leaves given ones out", () => {
  const made = {
    users: parsePasswd(
      'root:x:0:0:root:/root:/bin/bash\nmpd:x:101:29:the "music" daemon:/var/lib/mpd:/usr/sbin/nologin\n',
    ),
    groups: parseGroup("root:x:0:\naudio:x:29:mpd\nsgx:x:104:\n"),
  };
  assertEquals(formatSysusers(made, GIVEN), [
    "g sgx 104",
    'u mpd 101:audio "the \\"music\\" daemon" /var/lib/mpd /usr/sbin/nologin',
    "m mpd audio",
  ]);
});
