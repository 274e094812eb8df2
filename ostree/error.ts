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
> {}

/** A name for a commit that leads nowhere, or cannot be one. */
export class RefError extends AptOstreeError<"ref/not-found" | "ref/bad-name" | "ref/corrupt"> {}

/** A path inside a tree that is not what the operation needs. */
export class TreeError extends AptOstreeError<
  "tree/not-found" | "tree/not-a-directory" | "tree/exists" | "tree/bad-path"
> {}
