import { assertEquals } from "@std/assert";
import { output } from "../tests/support/archive.ts";
import { lacks } from "../tests/support/lacks.ts";
import { removeTree } from "./remove_tree.ts";

const DEEP = `
import os, sys
os.chdir(sys.argv[1])
os.mkdir(b"\\xff\\xfe")
os.chdir(b"\\xff\\xfe")
for i in range(5000):
    os.mkdir("d")
    os.chdir("d")
`;

Deno.test("removeTree() removes directories in one another, and names that are no text", {
  ignore: await lacks("python3", "unshare"),
}, async () => {
  const dir = await Deno.makeTempDir({ dir: "/var/tmp" });
  await output("python3", "-c", DEEP, dir);
  removeTree(dir);
  assertEquals([...Deno.readDirSync("/var/tmp")].some(({ name }) => dir.endsWith(name)), false);
  removeTree(dir);
});
