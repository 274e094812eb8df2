import { createHash } from "node:crypto";
import { assertEquals, assertThrows } from "@std/assert";
import { VariantError } from "../error.ts";
import { decodeSummary } from "../summary.ts";
import { decodeVariant } from "../variant/decode.ts";
import { encodeVariant } from "../variant/encode.ts";
import { variant } from "../variant/variant.ts";
import { decodeCommit, encodeCommit } from "./commit.ts";
import { encodeTombstone } from "./tombstone.ts";

// Written by ostree 2022.7, as those in vectors_test.ts.
const V18 = "712f83875a25838eef6096e9448c64200be49913c2d4eac9140a8f1f2271bd2b";
const V18_BYTES = Uint8Array.fromHex(
  "6b2e69000000000005000000006904006b2e7400000000000700000000000000007404000000000076657273696f6e00" +
    "31000073080000006f73747265652e7265662d62696e64696e670000000000006d61696e000500617313000000000000" +
    "6f73747265652e636f6c6c656374696f6e2d62696e64696e67000000000000006f72672e6578616d706c652e43000073" +
    "1a0f23355a912a495aa8db1b668c73e6b3ab46310f381ea286adb32076ade6bdfdd04d7473670000000000006553f101" +
    "c075ef38c53b20859f0304daec698af4111e6b49b5845f553e73adec6005b723446a0ef11b7cc167f3b603e585c7eeee" +
    "b675faa412d5ec73f62988eb0b6c5488e000b800b700b600b6009600",
);
const V21_BYTES = Uint8Array.fromHex(
  "616c0000000000000c01000000000000712f83875a25838eef6096e9448c64200be49913c2d4eac9140a8f1f2271bd2b" +
    "6f73747265652e636f6d6d69742e76657273696f6e00000031000073160000006f73747265652e636f6d6d69742e7469" +
    "6d657374616d7000000000006553f1010074181d432803006d61696e000000000c01000000000000712f83875a25838e" +
    "ef6096e9448c64200be49913c2d4eac9140a8f1f2271bd2b6f73747265652e636f6d6d69742e76657273696f6e000000" +
    "31000073160000006f73747265652e636f6d6d69742e74696d657374616d7000000000006553f1010074181d43280500" +
    "6f73747265652d6d6574616461746100de00000000000000c5ac3753c90d1d1af8271a9fac88c54b221f2e8cd6908880" +
    "4cb8b5db415d80816f73747265652e636f6d6d69742e74696d657374616d7000000000006b036b2f0074182328107700" +
    "ef004e01000000006f73747265652e73756d6d6172792e6d6f64650000000000617263686976652d7a32000073140000" +
    "6f73747265652e73756d6d6172792e6c6173742d6d6f64696669656400000000000000006b036b2f00741d0000000000" +
    "6f73747265652e73756d6d6172792e746f6d6273746f6e652d636f6d6d69747300000000000000000000622100000000" +
    "6f73747265652e7374617469632d64656c74617300000000326134393561613864623162363638633733653662336162" +
    "343633313066333831656132383661646233323037366164653662646664643034643734373336372d37313266383338" +
    "373561323538333865656636303936653934343863363432303062653439393133633264346561633931343061386631" +
    "66323237316264326200000000000000408dfa91c58681536f5c2cf005a11e1e97a90830a0dd215780f35e7e31bc383f" +
    "00617982ac00617b73767d15000000006f73747265652e73756d6d6172792e696e64657865642d64656c746173000000" +
    "0100621e000000006f73747265652e73756d6d6172792e636f6c6c656374696f6e2d6964000000006f72672e6578616d" +
    "706c652e430000731d26005300840054017c01b1015401",
);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

Deno.test("encodeCommit() writes V18: a parent and five keys, in their order", () => {
  assertEquals(sha256(V18_BYTES), V18);
  const commit = decodeCommit(V18_BYTES);
  assertEquals(commit.parent, "2a495aa8db1b668c73e6b3ab46310f381ea286adb32076ade6bdfdd04d747367");
  assertEquals([...commit.metadata], [
    ["k.i", variant("i", 5)],
    ["k.t", variant("t", 7n)],
    ["version", variant("s", "1")],
    ["ostree.ref-binding", variant("as", ["main"])],
    ["ostree.collection-binding", variant("s", "org.example.C")],
  ]);
  assertEquals(commit.timestamp, 1700000001);
  assertEquals(sha256(encodeCommit(commit)), V18);
});

Deno.test("encodeTombstone() writes V20, and encodeVariant() V19", () => {
  assertEquals(
    encodeTombstone(V18).toHex(),
    "636f6d6d697400003731326638333837356132353833386565663630393665393434386336343230306265343939" +
      "313363326434656163393134306138663166323237316264326200006179074d",
  );
  assertEquals(
    encodeVariant("a{sv}", new Map([["dk", variant("s", "dv")]])).toHex(),
    "646b0000000000006476000073030e",
  );
});

Deno.test("decodeSummary() reads V21, and encodeVariant() writes it back", () => {
  assertEquals(
    sha256(V21_BYTES),
    "7aa61b5f853cfbb28e7dd2017d48885257dc56452e580cf9ca369a3dca4a20e3",
  );
  const summary = decodeSummary(V21_BYTES);
  assertEquals([...summary.refs.keys()], ["al", "main", "ostree-metadata"]);
  assertEquals(summary.refs.get("main"), {
    checksum: V18,
    size: 268,
    timestamp: 1700000001,
    version: "1",
  });
  assertEquals(summary.refs.get("ostree-metadata")?.version, undefined);
  assertEquals(summary.lastModified, 0x6b036b2f);
  assertEquals([...summary.staticDeltas], [[
    `2a495aa8db1b668c73e6b3ab46310f381ea286adb32076ade6bdfdd04d747367-${V18}`,
    "408dfa91c58681536f5c2cf005a11e1e97a90830a0dd215780f35e7e31bc383f",
  ]]);
  assertEquals(summary.metadata.get("ostree.summary.mode"), variant("s", "archive-z2"));
  const type = "(a(s(taya{sv}))a{sv})";
  assertEquals(encodeVariant(type, decodeVariant(type, V21_BYTES)).toHex(), V21_BYTES.toHex());
});

Deno.test("decodeSummary() refuses every summary that is cut off or has one bit more", () => {
  for (let at = 0; at < V21_BYTES.length; at++) {
    assertThrows(() => decodeSummary(V21_BYTES.subarray(0, at)), VariantError);
  }
});
