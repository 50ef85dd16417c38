/** The roles of API keys (api.md 4). */
export const ROLES = ["read", "write", "admin"] as const;
/** Each may do what the ones before it may. */
export type Role = typeof ROLES[number];

/** Whether `role` may do what wants `wanted`. */
export function mayAct(role: Role, wanted: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(wanted);
}
