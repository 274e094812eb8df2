import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { lacks } from "../tests/support/lacks.ts";
import { compareVersions, splitVersion } from "./compare_versions.ts";

// From deb-version(7); the left one is the older.
const OLDER = [
  ["1.0~rc1", "1.0"],
  ["1.9", "1.10"],
  ["1.0a", "1.0+b"],
  ["9.9", "1:0.1"],
  ["1.0", "1.0-0.1"],
  ["1.0-1~bpo1", "1.0-1"],
  ["1.0~~", "1.0~"],
] as const;

Deno.test.each(OLDER)("compareVersions() puts %s before %s", (a, b) => {
  assertEquals(Math.sign(compareVersions(a, b)), -1);
  assertEquals(Math.sign(compareVersions(b, a)), 1);
  assertEquals(compareVersions(a, a), 0);
});

Deno.test("compareVersions() agrees with dpkg", { ignore: await lacks("dpkg") }, async () => {
  const version = fc.stringMatching(/^([0-9]:)?[0-9][0-9a-c.+~]{0,8}(-[0-9a.~]{1,3})?$/);
  const pairs = fc.sample(fc.tuple(version, version), { numRuns: 1500, seed: 7 });
  // One shell asks dpkg all questions; what it denies it prints.
  const script = pairs.map(([a, b]) => {
    const relation = ["lt", "eq", "gt"][Math.sign(compareVersions(a, b)) + 1]!;
    return `dpkg --compare-versions '${a}' ${relation} '${b}' || echo '${a} ${relation} ${b}'\n`;
  }).join("");
  const child = new Deno.Command("sh", { args: ["-s"], stdin: "piped", stdout: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  assertEquals(new TextDecoder().decode((await child.output()).stdout), "");
});

Deno.test("splitVersion() takes epoch and revision off", () => {
  assertEquals(splitVersion("2:1.0-3-4"), { epoch: 2, upstream: "1.0-3", revision: "4" });
  assertEquals(splitVersion("1.0"), { epoch: 0, upstream: "1.0", revision: "" });
});
