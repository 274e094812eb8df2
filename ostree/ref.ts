import { RefError } from "./error.ts";

const FRAGMENT = /^[\w\d][-._\w\d]*$/;

/**
 * Refuse what cannot be the name of a ref.
 *
 * @throws {RefError} `ref/bad-name` unless it is fragments of letters, digits and `-._`, joined by
 * `/`, each beginning with a letter, a digit or `_`.
 */
export function checkRef(ref: string): void {
  if (ref.split("/").every((part) => FRAGMENT.test(part))) return;
  throw new RefError("ref/bad-name", `Cannot use "${ref}" as a ref`, {
    subject: ref,
    hint: 'A ref is words of letters, digits and "-._" joined by "/"',
  });
}

/** Where a repository keeps a ref, below its `refs/`: `REMOTE:REF` of a remote, else a local one. */
export function refPath(refspec: string): string {
  const colon = refspec.indexOf(":");
  const [remote, ref] = colon < 0
    ? [undefined, refspec]
    : [refspec.slice(0, colon), refspec.slice(colon + 1)];
  checkRef(ref);
  if (remote === undefined || remote === "") return `heads/${ref}`;
  checkRef(remote);
  return `remotes/${remote}/${ref}`;
}
