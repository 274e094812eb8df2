/** Transports whose targets are names with tags, not paths. */
const NAMES = /^(docker:\/\/|registry:|containers-storage:|docker-daemon:)/;
const TRANSPORTS =
  /^(docker:\/\/|registry:|oci:|oci-archive:|docker-archive:|docker-daemon:|dir:|containers-storage:)/;

/** A reference with a tag, where it can have one and has none. */
export function withTag(reference: string, tag: string): string {
  const name = reference.replace(NAMES, "");
  if (name !== reference) {
    return /[:@][^/]*$/.test(name) ? reference : `${reference}:${tag}`;
  }
  return /^oci(?:-archive)?:[^:]+$/.test(reference) ? `${reference}:${tag}` : reference;
}

/** A reference, that of podman's store where it names no place. */
export function withTransport(reference: string): string {
  return TRANSPORTS.test(reference) ? reference : `containers-storage:${reference}`;
}
