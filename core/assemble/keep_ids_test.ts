import { assertEquals } from "@std/assert";
import { parseGroup, parsePasswd } from "./account_files.ts";
import { planIds } from "./keep_ids.ts";

const accounts = (users: Record<string, number>, groups: Record<string, number>) => ({
  users: parsePasswd(
    Object.entries(users).map(([n, id]) => `${n}:x:${id}:1::/:/bin/sh`).join("\n"),
  ),
  groups: parseGroup(Object.entries(groups).map(([n, id]) => `${n}:x:${id}:`).join("\n")),
});

Deno.test("planIds() changes nothing where numbers are as before, or where there is no before", () => {
  const now = accounts({ root: 0, a: 100 }, { root: 0, a: 101 });
  assertEquals(planIds(now, now), { users: new Map(), groups: new Map() });
  assertEquals(planIds(now, accounts({}, {})).users.size, 0);
});

Deno.test("planIds() gives old accounts their number back and new ones a free one", () => {
  const before = accounts({ messagebus: 100, gone: 102 }, { messagebus: 105, input: 101 });
  const now = accounts({ uuidd: 100, messagebus: 101, late: 102 }, {
    uuidd: 101,
    input: 102,
    messagebus: 105,
  });
  const { users, groups } = planIds(now, before);
  assertEquals([...users].toSorted(), [[100, 103], [101, 100], [102, 104]]);
  assertEquals([...groups].toSorted(), [[101, 103], [102, 101]]);
});

Deno.test("planIds() leaves static numbers and people alone", () => {
  const { users } = planIds(
    accounts({ www: 33, me: 1000 }, {}),
    accounts({ www: 34, me: 1001 }, {}),
  );
  assertEquals(users.size, 0);
});
