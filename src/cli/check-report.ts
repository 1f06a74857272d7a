import { formatAddress } from "../base/network-address.ts";

/** What `--check` shows of a configuration. */
export interface CheckedConfig {
  readonly listeners: readonly {
    readonly type: string;
    readonly bind?: { readonly host: string; readonly port: number };
    readonly path?: string;
  }[];
  readonly bridges: readonly {
    readonly name: string;
    readonly type: string;
    readonly forward: readonly object[];
  }[];
}

/** The text of `--check` when all is well. */
export function reportCheck(file: string, { listeners, bridges }: CheckedConfig): string {
  return [
    `${file}: ok`,
    ...listeners.map(
      ({ type, bind, path }) =>
        `  listener ${type} ${bind === undefined ? path : formatAddress(bind.host, bind.port)}`,
    ),
    ...bridges.map(({ name, type, forward }) => `  bridge ${name} (${type}), mappings: ${forward.length}`),
  ].join("\n");
}
