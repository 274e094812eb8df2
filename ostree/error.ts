import { AptOstreeError } from "@apt-ostree/base";

/** Bytes that are no normal GVariant of the type asked for. */
export class VariantError extends AptOstreeError<"variant/not-normal" | "variant/bad-type"> {}

/** An object that is missing, damaged or must not be written. */
export class ObjectError extends AptOstreeError<
  | "object/not-found"
  | "object/corrupt"
  | "object/too-large"
  | "object/bad-name"
  | "object/unsupported"
> {}

/** A repository that cannot be used as asked. */
export class RepoError extends AptOstreeError<
  | "repo/not-found"
  | "repo/bad-config"
  | "repo/unsupported-mode"
  | "repo/exists"
  | "repo/locked"
  | "repo/no-space"
  | "repo/needs-root"
  | "repo/other-filesystem"
  | "repo/bad-summary"
> {}

/** A name for a commit that leads nowhere, or cannot be one. */
export class RefError extends AptOstreeError<
  "ref/not-found" | "ref/bad-name" | "ref/corrupt" | "ref/exists"
> {}

/** A path inside a tree that is not what the operation needs. */
export class TreeError extends AptOstreeError<
  | "tree/not-found"
  | "tree/not-a-directory"
  | "tree/exists"
  | "tree/bad-path"
  | "tree/conflict"
  | "tree/unsupported"
> {}

/** A signature that cannot be made, or that nobody trusted vouches for. */
export class SignatureError extends AptOstreeError<
  "signature/missing" | "signature/untrusted" | "signature/bad-key"
> {}

/** The error about an object that a repository lacks. */
export function missingObject(checksum: string, type: string, repo: string): ObjectError {
  const message = `Cannot read ${type} ${checksum}: it is not in "${repo}"`;
  return new ObjectError("object/not-found", message, {
    subject: checksum,
    hint: `Pull the commit again, or look at: ostree fsck --repo=${repo}`,
  });
}

/** The error about an object whose bytes are wrong; `what` says how. */
export function corruptObject(
  checksum: string,
  type: string,
  what: string,
  cause?: unknown,
): ObjectError {
  return new ObjectError("object/corrupt", `Cannot read ${type} ${checksum}: ${what}`, {
    subject: checksum,
    hint: "Find all damage with: ostree fsck",
    ...(cause === undefined ? {} : { cause }),
  });
}
