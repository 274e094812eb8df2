import { AptOstreeError } from "@apt-ostree/base";

/** An image, or the name of one, that cannot be used as asked. */
export class OciError extends AptOstreeError<
  | "oci/bad-reference"
  | "oci/bad-json"
  | "oci/bad-manifest"
  | "oci/bad-config"
  | "oci/bad-layout"
  | "oci/not-found"
  | "oci/corrupt"
  | "oci/too-large"
  | "oci/too-few-layers"
  | "oci/copy-failed"
> {}
