// Fails unless the ScaledObject on stdin keeps to KEDA's own schema.
import { readFileSync } from "node:fs";
import { ScaledObject } from "@kubernetes-models/keda/keda.sh/v1alpha1";

new ScaledObject(JSON.parse(readFileSync(0, "utf8"))).validate();
