import { assertEquals, assertThrows } from "@std/assert";
import { TreefileError } from "./error.ts";
import { parseKickstart } from "./kickstart.ts";

Deno.test("parseKickstart() reads includes and sections of packages", () => {
  const text = `# a comment
%include base.ks
%packages --exclude-weakdeps
apt # the tool
-nano
%end

%packages
vim
%end
`;
  assertEquals(parseKickstart(text, "t.ks"), {
    include: ["base.ks"],
    packages: ["apt", "vim"],
    excludePackages: ["nano"],
    excludeWeakdeps: true,
  });
});

const WRONG: [text: string, message: string][] = [
  ["%packages\napt\n", "t.ks:1: %packages has no %end"],
  ["%post\n%end\n", 't.ks:1: "%post" is not known here'],
  ["timezone UTC\n", 't.ks:1: "timezone" is not known here'],
  ["%packages --nocore\n%end\n", 't.ks:1: there is no option "--nocore"'],
  ["%packages\na b\n%end\n", 't.ks:2: "a b" is more than one package'],
  ["%packages\n%include x\n%end\n", 't.ks:2: "%include" stands inside %packages'],
  ["%include\n", "t.ks:1: %include takes one path"],
  ["%include a.ks\n".repeat(257), "t.ks:257: it includes over 256 files"],
];

Deno.test.each(WRONG)("parseKickstart() refuses %j", (text, message) => {
  const error = assertThrows(() => parseKickstart(text, "t.ks"), TreefileError);
  assertEquals(error.message, `Cannot read treefile ${message}`);
});
