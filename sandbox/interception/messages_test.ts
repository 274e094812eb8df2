import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Message, MESSAGE_MARK, MessageReader } from "./messages.ts";

const encode = (fields: readonly string[]) =>
  new TextEncoder().encode([MESSAGE_MARK, String(fields.length), ...fields, ""].join("\0"));

function readAll(bytes: Uint8Array, cut: number): Message[] {
  const reader = new MessageReader();
  const messages: Message[] = [];
  for (let at = 0; at < bytes.length; at += cut) {
    messages.push(...reader.push(bytes.subarray(at, at + cut)));
  }
  return messages;
}

const BEGIN: Message = { kind: "begin", path: "/info/a.postinst", args: ["configure", ""] };
const BEGUN = encode(["begin", "/info/a.postinst", "configure", ""]);

Deno.test("MessageReader reads any arguments, however the bytes are cut", () => {
  const word = fc.string({ unit: "binary" }).filter((text) =>
    !text.includes("\0") && text !== MESSAGE_MARK
  );
  fc.assert(fc.property(fc.array(word), fc.integer({ min: 1, max: 9 }), (argv, cut) => {
    const bytes = encode(["call", "7", "adduser", "run", "/tmp", ...argv]);
    const call: Message = {
      kind: "call",
      id: "7",
      program: "adduser",
      action: "run",
      cwd: "/tmp",
      argv: argv.map((each) => new TextDecoder().decode(new TextEncoder().encode(each))),
    };
    assertEquals(readAll(bytes, cut), [call]);
  }));
});

const DAMAGE: [name: string, text: string][] = [
  ["noise", "noise\0"],
  ["a message that is cut off", `${MESSAGE_MARK}\x009\0begin\0x\0`],
  ["a number that is none", `${MESSAGE_MARK}\0many\0`],
  ["a status that is none", `${MESSAGE_MARK}\x003\0end\0x\x00-1\0`],
  ["an action that is none", `${MESSAGE_MARK}\x005\0call\x001\0a\0explode\0/\0`],
  ["a kind that is none", `${MESSAGE_MARK}\x001\0what\0`],
];

Deno.test.each(DAMAGE)("MessageReader tells of %s, and reads on behind it", (_, text) => {
  const damage = new TextEncoder().encode(text);
  const bytes = new Uint8Array([...damage, ...BEGUN]);
  for (const cut of [1, 5, bytes.length]) {
    assertEquals(readAll(bytes, cut), [{ kind: "damaged" }, BEGIN]);
  }
});

Deno.test("MessageReader never keeps more than a message may have", () => {
  const reader = new MessageReader();
  const endless = new Uint8Array(256 * 1024).fill(0x61);
  const kinds = Array.from({ length: 64 }, () => reader.push(endless)).flat();
  assertEquals(new Set(kinds.map((each) => each.kind)), new Set(["damaged"]));
  assertEquals(reader.push(new Uint8Array([0, ...BEGUN])).at(-1), BEGIN);
});
