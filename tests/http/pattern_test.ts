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
    ["tasks/[task_id]/files/[...path].ts", "/tasks/{task_id}/files/{path}"],
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

Deno.test("matchPattern gives a rest parameter all that follows, still encoded", () => {
  const pattern = patternOf("tasks/[task_id]/files/[...path].ts");
  const table: [path: string, parameters: Record<string, string> | undefined][] = [
    ["tasks/a/files/b", { task_id: "a", path: "b" }],
    ["tasks/a/files/b/c/d.txt", { task_id: "a", path: "b/c/d.txt" }],
    ["tasks/a/files/b%2Fc/%e4%b8%ad", { task_id: "a", path: "b%2Fc/%e4%b8%ad" }],
    ["tasks/a/files/b//c/", { task_id: "a", path: "b//c/" }],
    ["tasks/a/files/", { task_id: "a", path: "" }],
    ["tasks/a/files", undefined],
    ["tasks//files/b", undefined],
    ["tasks/a/file/b", undefined],
  ];
  for (const [path, parameters] of table) {
    assert.deepEqual(matchPattern(pattern, path.split("/")), parameters, path);
  }
});
