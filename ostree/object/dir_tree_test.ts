import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { encodeVariant } from "../variant/encode.ts";
import { decodeDirTree, encodeDirTree } from "./dir_tree.ts";

const checksum = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytes.toHex());
const name = fc.oneof(
  fc.stringMatching(/^[a-zé€😀]{1,9}$/u),
  fc.integer({ min: 200, max: 255 }).map((length) => "n".repeat(length)),
);
const files = fc.uniqueArray(fc.tuple(name, checksum), {
  selector: ([each]) => each,
  maxLength: 40,
});

Deno.test("encodeDirTree() writes what the general encoder does", () => {
  fc.assert(
    fc.property(files, files, (first, second) => {
      const taken = new Set(first.map(([each]) => each));
      const tree = {
        files: new Map(first),
        dirs: new Map(
          second.filter(([each]) => !taken.has(each)).map((
            [each, sum],
          ) => [each, { dirtree: sum, dirmeta: sum.replaceAll("0", "f") }]),
        ),
      };
      const bytes = encodeDirTree(tree);
      const { files: sorted, dirs } = decodeDirTree(bytes);
      assertEquals([new Map(sorted), new Map(dirs)], [tree.files, tree.dirs]);
      const hex = (text: string) => Uint8Array.fromHex(text);
      const general = encodeVariant("(a(say)a(sayay))", [
        [...sorted].map(([each, sum]) => [each, hex(sum)]),
        [...dirs].map(([each, sums]) => [each, hex(sums.dirtree), hex(sums.dirmeta)]),
      ]);
      assertEquals(bytes.toHex(), general.toHex());
    }),
    { seed: 4, numRuns: 300 },
  );
});
