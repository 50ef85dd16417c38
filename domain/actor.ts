/** Who asked for something: a key's name or an address, and the request it came with. */
export interface Actor {
  who: string;
  request_id: string;
  /** The job that does it, if one does. */
  job_id?: number;
}
