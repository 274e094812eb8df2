import { createHash } from "node:crypto";
import { assertEquals } from "@std/assert";
import { encodeVariant } from "../variant/encode.ts";
import { decodeVariant } from "../variant/decode.ts";
import { variant } from "../variant/variant.ts";
import { encodeCommit } from "./commit.ts";
import { archiveHeader, contentChecksum, contentHeader, userMeta } from "./content.ts";
import { encodeDirMeta } from "./dir_meta.ts";
import { encodeDirTree } from "./dir_tree.ts";

// Objects that ostree 2022.7 wrote; docs/formats/ostree.md says how to make them again.
const V1 = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
const V2 = "446a0ef11b7cc167f3b603e585c7eeeeb675faa412d5ec73f62988eb0b6c5488";
const V3 = "d677154afe3bdcf72c74b6de62a4a57ea4eeb7191172b09c046e848f3c29352a";
const V4 = "cc700d46f407c6c5ab2d5dde474366a928b7398277e61162e7f8ec06f469f07e";
const V5 = "c938786d41be0a3b3a3a50ad3d3f0ccaea80204b8f20cc0ddf22d608edcb12ce";
const V6 = "de953b993c977f782cf0990325551ecbc6598bf8a513f0734a440af8d4e8e1fe";
const V7 = "2ad3ab4afc7d00125b93301e08a6335ca716338ec545e4a7a1e5018869147e9f";
const V8 = "9d020219611c0f09dc6e5c03926e3a24cacde6b9c8043d1cd3092ff402ea09a7";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const bytes = (text: string) => new TextEncoder().encode(text);
const root = { uid: 0, gid: 0 };
const file = (mode: number) => ({ type: "file", mode, ...root }) as const;

Deno.test("encodeDirTree() writes V1, V7, V8, V16 and V17", () => {
  const tree = (files: [string, string][], dirs: [string, string][] = []) =>
    encodeDirTree({
      files: new Map(files),
      dirs: new Map(dirs.map(([name, dirtree]) => [name, { dirtree, dirmeta: V2 }])),
    });
  assertEquals(sha256(tree([])), V1);
  assertEquals(sha256(tree([["run", V6]])), V7);
  const src: [string, string][] = [["é", V4], ["zero", V4], ["link", V5], ["abc", V3], ["_x", V4]];
  assertEquals(sha256(tree([...src, ["Zed", V4]], [["sub", V7]])), V8);
  const forty = Array.from(
    { length: 40 },
    (_, i) => `file-with-quite-a-long-name-${`${i + 1}`.padStart(2, "0")}`,
  );
  assertEquals(
    sha256(tree(forty.map((name) => [name, V4]))),
    "fc3ea4251568acb18e6fbadaf2e82f6f6b0e76c0cf5c172367aa495c9b5b5a17",
  );
  assertEquals(
    sha256(tree(Array.from({ length: 2500 }, (_, i) => [`f${i + 1}`, V4]))),
    "a2e6848176aaf5a5bcf41effbd4b40aa5cb05a6aa01fce119505fed7bff4cbf6",
  );
});

Deno.test("encodeDirMeta() writes V2 and V11", () => {
  assertEquals(encodeDirMeta({ ...root, mode: 0o755 }).toHex(), "0000000000000000000041ed");
  assertEquals(
    encodeDirMeta({ uid: 5, gid: 60, mode: 0o2775, xattrs: [["user.k", bytes("val")]] }).toHex(),
    "000000050000003c000045fd757365722e6b0076616c070b",
  );
});

Deno.test("contentChecksum(), contentHeader(), archiveHeader() and userMeta() write V3 to V6 and V12", () => {
  assertEquals(contentChecksum(file(0o644), bytes("abc")), V3);
  assertEquals(
    archiveHeader(file(0o644), 3).toHex(),
    "0000001a0000000000000000000000030000000000000000000081a4000000000019",
  );
  assertEquals(contentChecksum(file(0o644), bytes("")), V4);
  const link = { type: "symlink", target: "abc", ...root } as const;
  assertEquals(contentChecksum(link), V5);
  assertEquals(
    contentHeader(link).toHex(),
    "000000150000000000000000000000000000a1ff000000006162630014",
  );
  assertEquals(userMeta(link).toHex(), "00000000000000000000a1ff");
  assertEquals(contentChecksum(file(0o4755), bytes("#!/bin/sh\n")), V6);
  assertEquals(
    contentChecksum({ type: "symlink", target: "t", uid: 7, gid: 8 }),
    "1bba5fe69569695f2b7afeb8ef714e8d12c7ed06d6078e2ad23c3716164c6328",
  );
});

Deno.test("contentHeader() writes V14: sorted attributes, empty ones left out", () => {
  const capability = Uint8Array.fromHex("0100000200200000000000000000000000000000");
  const meta = {
    type: "file",
    uid: 1000,
    gid: 1001,
    mode: 0o640,
    xattrs: [
      ["user.zz", bytes("1")],
      ["user.aa", bytes("")],
      ["user.b", Uint8Array.of(0xff, 0)],
      ["security.capability", capability],
    ],
  } as const;
  assertEquals(
    contentChecksum(meta, bytes("hello")),
    "09f2a7225369c78f406a33306823b8591b6d4a8b76458f7ddaa4961d7f071cd0",
  );
});

Deno.test("encodeCommit() writes V9, V10 and V15", () => {
  const at = { timestamp: 1700000000 };
  assertEquals(
    sha256(encodeCommit({ ...at, root: { dirtree: V1, dirmeta: V2 } })),
    "6623bc54cfb016fa4fdad453a2705a1819cd5b353f9ef16d23ae10aab980abf5",
  );
  const version = new Map([["version", variant("s", "1.0")]]);
  assertEquals(
    sha256(
      encodeCommit({
        ...at,
        root: { dirtree: V8, dirmeta: V2 },
        subject: "s",
        body: "b",
        metadata: version,
      }),
    ),
    "4e12c29ba8ccd53457f1248b9ed78f286eb7b86491e4c30327dbb6aa11be4a27",
  );
  const x = "45db33f76fbf0f7b20aa0e297ab765da1620caa12d747a9ae1959874aa6321f6";
  const binding = new Map([["ostree.ref-binding", variant("as", ["x"])]]);
  assertEquals(
    sha256(
      encodeCommit({ ...at, root: { dirtree: x, dirmeta: V2 }, subject: "xa", metadata: binding }),
    ),
    "cd487293b12f4ddfcca6c8b51ca2884d8fcf57d26760862f654ff9b2d485da50",
  );
});

Deno.test("encodeVariant() writes the container cases, and decodeVariant() reads them back", () => {
  const cases: [string, unknown, string][] = [
    ["ms", "q", "710000"],
    ["mu", 5, "05000000"],
    ["v", variant("u", 5), "050000000075"],
    ["as", ["a", "bc"], "61006263000205"],
    ["(yv)", [1, variant("s", "x")], "010000000000000078000073"],
    ["a{sv}", new Map([["k", variant("u", 5)]]), "6b00000000000000050000000075020f"],
    ["(sss)", ["a", "b", "c"], "6100620063000402"],
    ["a(yu)", [[1, 2]], "0100000002000000"],
    ["a{sv}", new Map([["dk", variant("s", "dv")]]), "646b0000000000006476000073030e"],
    ["()", [], "00"],
    ["ab", [true, false], "0100"],
    ["x", -2n, "feffffffffffffff"],
  ];
  for (const [type, value, hex] of cases) {
    assertEquals(encodeVariant(type, value).toHex(), hex, type);
    assertEquals(decodeVariant(type, Uint8Array.fromHex(hex)), value, type);
  }
});
