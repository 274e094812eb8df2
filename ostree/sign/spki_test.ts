import { assertEquals, assertThrows } from "@std/assert";
import { output, run } from "../../tests/support/archive.ts";
import { inTemp } from "../../tests/support/in_temp.ts";
import { lacks } from "../../tests/support/lacks.ts";
import { SignatureError } from "../error.ts";
import { spkiSigner } from "./spki.ts";

const KEYS: Readonly<Record<string, readonly string[]>> = {
  ed25519: ["-algorithm", "ed25519"],
  rsa: ["-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:2048"],
  ec: ["-algorithm", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
};

for (const [kind, args] of Object.entries(KEYS)) {
  Deno.test(`openssl verifies what spkiSigner() signs with a key of kind ${kind}`, {
    ignore: await lacks("openssl"),
  }, () =>
    inTemp(async (dir) => {
      const [key, open, text, signature] = ["key", "public", "text", "sig"].map((name) =>
        `${dir}/${name}`
      ) as [string, string, string, string];
      await run("openssl", "genpkey", "-out", key, ...args);
      await run("openssl", "pkey", "-in", key, "-pubout", "-out", open);
      const message = new TextEncoder().encode("a commit");
      const signer = spkiSigner(Deno.readTextFileSync(key));
      assertEquals(signer.metadataKey, "ostree.sign.spki");
      Deno.writeFileSync(text, message);
      Deno.writeFileSync(signature, await signer.sign(message));
      // With -rawin and no digest named, the key's own default counts, as in libostree.
      const verify = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", open];
      const said = await output(...verify, "-in", text, "-sigfile", signature);
      assertEquals(said.trim(), "Signature Verified Successfully");
    }));
}

Deno.test("spkiSigner() refuses what is no key, and does not show it", () => {
  const error = assertThrows(() => spkiSigner("secret"), SignatureError);
  assertEquals(error.message.includes("secret"), false);
});
