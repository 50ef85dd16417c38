import assert from "node:assert/strict";
import { matchPattern, patternOf } from "../../http/pattern.ts";

Deno.test("patternOf turns a route file's name into its path", () => {
  const table: [file: string, template: string][] = [
    ["index.ts", "/"],
    ["healthz.ts", "/healthz"],
    ["openapi.json.ts", "/openapi.json"],
    ["api/v0/data_pipeline/tasks/index.ts", "/api/v0/data_pipeline/tasks"],
    ["api/v0/data_pipeline/tasks/[task_id]/index.ts", "/api/v0/data_pipeline/tasks/{task_id}"],
    ["public/[projectKey]/jobs/[jobId].ts", "/public/{projectKey}/jobs/{jobId}"],
    ["console/page.tsx", "/console/page"],
  ];
  for (const [file, template] of table) assert.equal(patternOf(file).template, template);
});

Deno.test("matchPattern gives the parameters, or undefined", () => {
  const pattern = patternOf("tasks/[task_id]/steps/[step_name].ts");
  const table: [path: string, parameters: Record<string, string> | undefined][] = [
    ["tasks/a/steps/b", { task_id: "a", step_name: "b" }],
    ["tasks/%2e%2e/steps/b", { task_id: "%2e%2e", step_name: "b" }],
    ["tasks/a/steps", undefined],
    ["tasks/a/steps/", { task_id: "a", step_name: "" }],
    ["tasks//steps/b", undefined],
    ["tasks/a/steps/b/", undefined],
    ["tasks/a/step/b", undefined],
  ];
  for (const [path, parameters] of table) {
    assert.deepEqual(matchPattern(pattern, path.split("/")), parameters, path);
  }
});
