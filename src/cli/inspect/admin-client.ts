import { AdminError, describe } from "../../base/errors.ts";
import type { Inspection, Page, Query, Rows, Subject, Summary } from "../../base/inspection.ts";

/** Sorting a million queues by age reads one entry of each. */
const PATIENCE_MS = 120_000;

/** A broker that runs, asked through its admin listener. */
export class AdminClient implements Inspection {
  readonly #base: string;

  /** `url` is the listener's: `http://127.0.0.1:18083`. */
  constructor(url: string) {
    this.#base = `${url.replace(/\/+$/, "")}/api/v1`;
  }

  async summary(): Promise<Summary> {
    return (await this.#get("/summary")) as Summary;
  }

  async list<S extends Subject>(
    subject: S,
    { filter, sort, limit, cursor }: Query,
  ): Promise<Page<Rows[S]> | "unknown cursor" | "busy"> {
    const parameters = new URLSearchParams({ filter, limit: String(limit) });
    if (sort !== undefined) parameters.set("sort", sort);
    if (cursor !== undefined) parameters.set("cursor", cursor);
    return (await this.#get(`/${subject}?${parameters}`)) as Page<Rows[S]> | "unknown cursor" | "busy";
  }

  async #get(path: string): Promise<unknown> {
    const url = `${this.#base}${path}`;
    const response = await this.#fetch(url);
    if (response.status === 410) return "unknown cursor";
    if (response.status === 503) return "busy";
    if (response.ok) return response.json();
    throw new AdminError(`${url} answered ${response.status}: no admin listener of a broker like this one`);
  }

  async #fetch(url: string): Promise<Response> {
    try {
      return await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    } catch (error) {
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      throw new AdminError(`${url}: no answer (${describe(cause) || "refused"})`, { cause: error });
    }
  }
}
