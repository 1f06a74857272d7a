import type { Inspection } from "../base/inspection.ts";
import type { Logger } from "../base/logger.ts";

/** What the admin room asks of the rest of the broker. */
export interface AdminPorts {
  readonly logger: Logger;
  /** Why the broker cannot do its work; empty = healthy. */
  health(): readonly string[];
  readonly metrics: {
    readonly contentType: string;
    render(): Promise<string>;
  };
  readonly inspection: Inspection;
}
