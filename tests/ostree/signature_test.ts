import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { readXattrs } from "@apt-ostree/base";
import {
  commitTree,
  ed25519Signer,
  ed25519Verifier,
  generateEd25519Keys,
  gpgSigner,
  gpgVerifier,
  Repo,
  SignatureError,
  signCommit,
  Tree,
  verifyCommit,
} from "@apt-ostree/ostree";
import { output, run } from "../support/archive.ts";
import { inTemp } from "../support/in_temp.ts";
import { lacks } from "../support/lacks.ts";

const ignore = Deno.uid() !== 0 || await lacks("ostree", "gpg", "gpgv");
readXattrs("/"); // loads the C library before a test can be blamed for it

function makeCommit(repo: Repo): string {
  using txn = repo.transaction();
  const commit = commitTree(txn, Tree.empty(repo).write(txn), { refs: ["main"], timestamp: 0 });
  txn.commit();
  return commit;
}

/** A directory of keys with one key. @returns Its fingerprint, and a file with the public key. */
async function makeKey(dir: string, name: string) {
  const homedir = `${dir}/${name}`;
  await Deno.mkdir(homedir, { mode: 0o700 });
  const gpg = ["gpg", "--homedir", homedir, "--batch", "--quiet"];
  await run(...gpg, "--passphrase", "", "--quick-generate-key", `${name}@example.org`, "ed25519");
  const listed = await output(...gpg, "--with-colons", "--list-keys");
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listed)![1]!;
  const ring = `${dir}/${name}.gpg`;
  await run(...gpg, "--output", ring, "--export");
  await run(...gpg, "--armor", "--output", `${dir}/${name}.asc`, "--export");
  return { homedir, fingerprint, ring, armored: `${dir}/${name}.asc` };
}

Deno.test("a commit signed with gpg is good for ostree, and one that ostree signed for us", {
  ignore,
}, () =>
  inTemp(async (dir) => {
    const repo = Repo.init(`${dir}/repo`, { mode: "archive" });
    const commit = makeCommit(repo);
    const [ours, other] = [await makeKey(dir, "ours"), await makeKey(dir, "other")];
    try {
      const trusted = gpgVerifier({ keyrings: [ours.ring] });
      const missing = await assertRejects(
        () => verifyCommit(repo, commit, [trusted]),
        SignatureError,
      );
      assertEquals(missing.code, "signature/missing");
      await signCommit(repo, commit, gpgSigner({ key: ours.fingerprint, homedir: ours.homedir }));
      assertEquals(await verifyCommit(repo, commit, [trusted]), [ours.fingerprint]);
      const armored = gpgVerifier({ keyrings: [other.armored, ours.armored] });
      assertEquals(await verifyCommit(repo, commit, [armored]), [ours.fingerprint]);

      const stranger = gpgVerifier({ keyrings: [other.ring] });
      const untrusted = await assertRejects(
        () => verifyCommit(repo, commit, [stranger]),
        SignatureError,
      );
      assertEquals(untrusted.code, "signature/untrusted");

      // ostree itself checks the signature when it pulls from a remote that asks for one.
      const target = `${dir}/target`;
      await run("ostree", "init", `--repo=${target}`, "--mode=archive");
      const add = ["ostree", `--repo=${target}`, "remote", "add"];
      await run(...add, `--gpg-import=${ours.ring}`, "good", `file://${repo.path}`);
      await run(...add, `--gpg-import=${other.ring}`, "bad", `file://${repo.path}`);
      await run("ostree", `--repo=${target}`, "pull", "good", "main");
      const refused = await assertRejects(
        () => run("ostree", `--repo=${target}`, "pull", "bad", "main"),
        Error,
      );
      assertMatch(refused.message, /public key|signature/i);

      const sign = ["ostree", "gpg-sign", `--repo=${repo.path}`, `--gpg-homedir=${other.homedir}`];
      await run(...sign, commit, other.fingerprint);
      const both = gpgVerifier({ keyrings: [other.ring, ours.ring] });
      assertEquals(
        (await verifyCommit(repo, commit, [both])).toSorted(),
        [ours.fingerprint, other.fingerprint].toSorted(),
      );

      // One flipped bit of a signature, and nobody signed.
      const detached = repo.readDetachedMetadata(commit)!;
      for (const signature of detached.get("ostree.gpgsigs")!.value as Uint8Array[]) {
        signature[signature.length - 9]! ^= 1;
      }
      using txn = repo.transaction();
      txn.setDetachedMetadata(commit, detached);
      txn.commit();
      await assertRejects(() => verifyCommit(repo, commit, [both]), SignatureError);
    } finally {
      for (const { homedir } of [ours, other]) {
        await run("gpgconf", "--homedir", homedir, "--kill", "all");
      }
    }
  }));

// RFC 8032, section 7.1, tests 1 to 3: secret key, public key, message, signature.
const VECTORS = [
  [
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b" +
    "d25bf5f0595bbe24655141438e7a100b",
  ],
  [
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c" +
    "387b2eaeb4302aeeb00d291612bb0c00",
  ],
  [
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659" +
    "4a7c15e9716ed28dc027beceea1ec40a",
  ],
] as const;

Deno.test("ed25519Signer() and ed25519Verifier() agree with RFC 8032", async () => {
  for (const [secret, open, message, signature] of VECTORS) {
    const text = Uint8Array.fromHex(message);
    const publicKey = Uint8Array.fromHex(open).toBase64();
    for (const key of [secret, secret + open]) {
      const made = await ed25519Signer(Uint8Array.fromHex(key).toBase64()).sign(text);
      assertEquals(made.toHex(), signature);
    }
    const verifier = ed25519Verifier([publicKey]);
    const sig = Uint8Array.fromHex(signature);
    assertEquals(await verifier.verify(text, [sig]), [publicKey]);
    sig[5]! ^= 1;
    assertEquals(await verifier.verify(text, [sig, sig.subarray(1)]), []);
  }
});

Deno.test("keys that are none are refused, and a secret one is not shown", () => {
  for (const bad of ["", "c2VjcmV0", "!!!"]) {
    for (const use of [() => ed25519Signer(bad), () => ed25519Verifier([bad])]) {
      try {
        use();
        throw new Error("it was taken");
      } catch (error) {
        if (!(error instanceof SignatureError)) throw error;
        assertEquals(error.code, "signature/bad-key");
        if (bad !== "") assertEquals(error.message.includes(bad), false);
      }
    }
  }
});

// No ostree of Debian, up to the newest, is built with ed25519: OpenSSL judges the bytes instead.
Deno.test("a commit signed with ed25519 is good for OpenSSL, and one that OpenSSL signed for us", {
  ignore: await lacks("openssl", "ostree"),
}, () =>
  inTemp(async (dir) => {
    const repo = Repo.init(`${dir}/repo`, { mode: "archive" });
    const commit = makeCommit(repo);
    const keys = await generateEd25519Keys();
    await signCommit(repo, commit, ed25519Signer(keys.secret));
    const bytes = repo.objectPath(commit, "commit");
    const [signature] = repo.readDetachedMetadata(commit)!.get("ostree.sign.ed25519")!
      .value as Uint8Array[];
    await Deno.writeFile(`${dir}/sig`, signature!);
    const spki = Uint8Array.fromHex("302a300506032b6570032100");
    const der = new Uint8Array([...spki, ...Uint8Array.fromBase64(keys.public)]);
    await Deno.writeFile(`${dir}/key.der`, der);
    const key = ["-pubin", "-keyform", "DER", "-inkey", `${dir}/key.der`];
    const verify = ["openssl", "pkeyutl", "-verify", "-rawin", ...key, "-sigfile", `${dir}/sig`];
    assertMatch(await output(...verify, "-in", bytes), /Verified Successfully/);
    assertMatch(await output("ostree", "show", `--repo=${repo.path}`, "main"), /^commit /);

    await run("openssl", "genpkey", "-algorithm", "ed25519", "-out", `${dir}/openssl.pem`);
    const pem = ["-inkey", `${dir}/openssl.pem`, "-out", `${dir}/sig2`];
    await run("openssl", "pkeyutl", "-sign", "-rawin", ...pem, "-in", bytes);
    const open = `${dir}/openssl.der`;
    await run(
      "openssl",
      "pkey",
      "-in",
      `${dir}/openssl.pem`,
      "-pubout",
      "-outform",
      "DER",
      "-out",
      open,
    );
    const publicKey = (await Deno.readFile(open)).subarray(-32).toBase64();
    const signer = {
      metadataKey: "ostree.sign.ed25519",
      sign: () => Deno.readFile(`${dir}/sig2`),
    };
    await signCommit(repo, commit, signer);
    assertEquals(
      await verifyCommit(repo, commit, [ed25519Verifier([publicKey])]),
      [publicKey],
    );
    assertEquals(
      await verifyCommit(repo, commit, [ed25519Verifier([keys.public])]),
      [keys.public],
    );
  }));
