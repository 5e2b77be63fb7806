// Compiles only if the schema says what the API takes and answers, and by the names it promises.
import type { components, operations, paths } from "./schema";

type Schemas = components["schemas"];

const submit: Schemas["Type_file_Submit"] = {
  type: "file",
  params: { text: "hi", at: "2026-11-22T00:00:00Z", kind: "a-1", kinds: ["a_1"], extra: { any: [1] } },
};
const byType: Schemas["SubmitByType"] = { type: "import_customers", params: { kind: "b" } };
const byName: Schemas["Submit"] = { name: "Batch" };
const batch: Schemas["Batch"] = { jobs: [submit, byType, byName] };

// @ts-expect-error a type that does not exist
const unknownType: Schemas["SubmitByType"] = { type: "unknown" };
// @ts-expect-error a value that is not among the choices
const badChoice: Schemas["Type_file_Params"] = { kind: "c" };
// @ts-expect-error a parameter that does not exist
const badName: Schemas["Type_file_Params"] = { kid: "b" };

function describe(job: Schemas["Job"]): string {
  const started: string | null = job.started_at;
  const attempt: number = job.attempt;
  const queue: string = job.queue;
  const message: string | undefined = job.error?.message;
  switch (job.status) {
    case "PENDING":
    case "PROCESSING":
      return `${queue} ${attempt} ${job.progress.percent} ${job.explanation}`;
    case "FAILED":
      return job.error?.code === "worker_lost" ? "lost" : String(message);
    case "COMPLETED":
    case "CANCELLED":
      return `${started}`;
  }
}

function paramsOf(one: Schemas["SubmitByType"]): string | null | undefined {
  return one.type === "file" ? one.params?.text : one.type;
}

function again(problem: Schemas["Problem"]): boolean {
  // @ts-expect-error a code that no problem has
  if (problem.code === "no_such_code") return false;
  return problem.code === "broker_unavailable" || problem.code === "throttled";
}

type Answers = paths["/api/v1/jobs/"]["post"]["responses"];
type Created = Answers[201]["content"]["application/json"];
type Refused = Answers[400]["content"]["application/problem+json"];
type Downloaded = operations["download_file"]["responses"][200]["content"]["application/octet-stream"];
const location: Answers[201]["headers"]["Location"] = "https://your.host/api/v1/jobs/1/";

export type { Created, Downloaded, Refused };
export { again, badChoice, badName, batch, describe, location, paramsOf, unknownType };
