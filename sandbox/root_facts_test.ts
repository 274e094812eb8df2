import { assertEquals } from "@std/assert";
import { hostRunner, readXattr } from "@apt-ostree/base";
import { parseIdMap, readRootFacts, whyNotRoot } from "./root_facts.ts";

readXattr("/", "user.none"); // loads the C library before a test can be blamed for it

const ALL = parseIdMap("         0          0 4294967295\n");
const ROOT = { uid: 0, capabilities: 0x1ffffffffffn, users: ALL, groups: ALL };

Deno.test("readRootFacts() says what the kernel says", async () => {
  const facts = readRootFacts();
  const { stdout } = await hostRunner.run(["cat", "/proc/self/status", "/proc/self/uid_map"]);
  const text = new TextDecoder().decode(stdout);
  assertEquals(facts.capabilities.toString(16).padStart(16, "0"), /CapEff:\t(.*)/.exec(text)![1]);
  assertEquals(facts.users, parseIdMap(text.slice(text.lastIndexOf(":") + 1).replace(/^.*\n/, "")));
});

Deno.test("whyNotRoot() lets root and a full user namespace pass, and names what is missing", () => {
  assertEquals(whyNotRoot(ROOT), undefined);
  assertEquals(whyNotRoot({ ...ROOT, uid: 1000, capabilities: 0n }), "user");
  // What docker gives without --privileged.
  assertEquals(whyNotRoot({ ...ROOT, capabilities: 0xa80425fbn }), "capabilities");
  const full = parseIdMap("0 1000 1\n1 100000 65535\n");
  assertEquals(whyNotRoot({ ...ROOT, users: full, groups: full }), undefined);
  const least = parseIdMap("1 100000 65534\n0 1000 1\n");
  assertEquals(whyNotRoot({ ...ROOT, users: least, groups: full }), undefined);
  for (
    const map of ["0 1000 1\n", "0 1000 1\n1 100000 65533\n", "0 1000 1\n2 100000 65535\n", "\n"]
  ) {
    assertEquals(whyNotRoot({ ...ROOT, users: parseIdMap(map) }), "ids", map);
    assertEquals(whyNotRoot({ ...ROOT, groups: parseIdMap(map) }), "ids", map);
  }
});
