/** Any of the foreign daemons, as a client of one server, by its name. */
import { Chronyd } from './peers-chrony.js';
import type { Client, PeerOptions } from './peers-client.js';
import { Ntpd } from './peers-ntpd.js';
import { Openntpd } from './peers-openntpd.js';

export type ClientKind = 'chronyd' | 'ntpd' | 'ntpsec' | 'openntpd';

export function startClient(kind: ClientKind, options: PeerOptions): Client {
  switch (kind) {
    case 'chronyd':
      return new Chronyd(options);
    case 'openntpd':
      return new Openntpd(options);
    case 'ntpd':
    case 'ntpsec':
      return new Ntpd({ ...options, kind });
  }
}
