const USAGE = `pipekeep: keeps the records of a data pipeline's tasks and takes care of their directories

  pipekeep [serve] [flags]                        the server; flags and their PIPEKEEP_* variables:
    --host HOST (127.0.0.1)  --port PORT (8084)  --training-data PATH  --database PATH
    --trash-retention 0|24h|7d  --delete-concurrency N  --log-level LEVEL  --log-format text|json
    --allowed-host HOST (repeatable)  --insecure  --demo  --accept-training-data
  pipekeep keys create --name NAME --role read|write|admin | keys list | keys revoke NAME
  pipekeep projects create --name NAME | projects list
  pipekeep version

keys and projects take --database PATH and --json.`;

/** Prints what there is. */
export function help(): number {
  console.log(USAGE);
  return 0;
}
