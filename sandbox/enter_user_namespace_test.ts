import { assertEquals, assertStringIncludes } from "@std/assert";
import { RunError } from "@apt-ostree/base";
import { explainNamespace, type NamespaceFacts, subordinateIds } from "./enter_user_namespace.ts";

const FINE: NamespaceFacts = {
  uid: 1000,
  user: "ada",
  missing: [],
  subuid: "bob:100000:65536\nada:165536:65536\n",
  subgid: "ada:165536:65536\n",
  forbidding: [],
};
const CAUSE = new RunError("run/failed", "Cannot run", { stderr: "unshare: no\n", status: 1 });

const CASES: [what: string, facts: Partial<NamespaceFacts>, code: string, texts: string[]][] = [
  ["a missing uidmap", { missing: ["newuidmap"] }, "sandbox/missing", ['"newuidmap"', "uidmap"]],
  ["a missing unshare", { missing: ["unshare"] }, "sandbox/missing", ["package util-linux"]],
  ["no entry", { subuid: "bob:1:65536\n" }, "sandbox/no-subordinate-ids", ["no ids", "usermod"]],
  ["a small range", { subgid: "ada:1:1000" }, "sandbox/no-subordinate-ids", ["1000 ids", "subgid"]],
  [
    "a kernel that forbids it",
    { forbidding: [{ name: "kernel.unprivileged_userns_clone", forbids: "0", allows: "1" }] },
    "sandbox/no-user-namespaces",
    ['"ada"', "clone is 0", "sysctl -w kernel.unprivileged_userns_clone=1"],
  ],
  ["a reason that nobody knows", {}, "sandbox/no-user-namespaces", ["unshare: no", "2.38"]],
];

Deno.test.each(CASES)("explainNamespace() names %s", (_, facts, code, texts) => {
  const error = explainNamespace({ ...FINE, ...facts }, CAUSE);
  assertEquals(error.code, code);
  for (const text of texts) assertStringIncludes(`${error.message}\n${error.hint}`, text);
});

Deno.test("subordinateIds() finds the first range, by name or number", () => {
  const text = "adam:1:2\n1000:5:70000\nada:6:3\n";
  assertEquals(subordinateIds(text, { user: "ada", uid: 1000 }), 70000);
  assertEquals(subordinateIds(text, { user: "adam", uid: 7 }), 2);
  assertEquals(subordinateIds(text, { user: undefined, uid: 7 }), undefined);
});
