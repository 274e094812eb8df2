import { serveWorker } from "@apt-ostree/base";
import type { WrittenLayer } from "@apt-ostree/oci";
import { type LayerJob, writeLayer } from "./write_layer.ts";

serveWorker<LayerJob, WrittenLayer>({
  handle: (job, signal) => writeLayer(job, signal),
  giveUp() {}, // a layer that is not whole is removed by its writer
});
