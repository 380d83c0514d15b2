/**
 * The access rules in force: those of the configuration, with the addresses of the sources in use (`restrict source`) and,
 * for Autokey, the networks of this machine. Owns that they follow both.
 */
import type { NetworkInterfaceInfo } from 'node:os';
import type { AddressRange } from '../auth/address-range.js';
import { type AccessTables, compileAccess } from '../auth/restrict.js';
import type { Config } from '../config/types.js';
import { attachedNetworks } from '../responder/addresses.js';
import { parseAddress } from '../source/address.js';

export interface AccessParts {
  /** addresses of the sources in use, as text */
  sources(): readonly string[];
  interfaces(): NodeJS.Dict<NetworkInterfaceInfo[]>;
}

export class AccessRules {
  readonly #parts: AccessParts;
  #followed = '';

  constructor(parts: AccessParts) {
    this.#parts = parts;
  }

  tables(config: Config): AccessTables {
    const { restrict, restrictSource } = config;
    return compileAccess({
      rules: restrict,
      source: restrictSource,
      sources: this.#sources(config).flatMap((address) => parseAddress(address) ?? []),
      attached: this.#attached(config),
    });
  }

  /** Undefined: addresses are what they were at the last call. */
  changed(config: Config): AccessTables | undefined {
    const followed = JSON.stringify([this.#sources(config), this.#attached(config)]);
    if (followed === this.#followed) return undefined;
    this.#followed = followed;
    return this.tables(config);
  }

  #sources({ restrictSource }: Config): readonly string[] {
    return restrictSource === undefined ? [] : this.#parts.sources();
  }

  #attached({ crypto }: Config): readonly AddressRange[] {
    return crypto === undefined ? [] : attachedNetworks(this.#parts.interfaces());
  }
}
