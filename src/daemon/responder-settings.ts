/** What of the configuration the responder's thread is told. */
import type { Config } from '../config/types.js';
import type { ResponderSettings } from '../responder/messages.js';

export const responderSettings = (config: Config): ResponderSettings => ({
  averageLog2: config.discard.average,
  minimumSeconds: config.discard.minimum,
  discardMonitor: config.discard.monitor,
  maxAgeSeconds: config.mru.maxAge,
  monitor: config.enable.monitor,
  manycast: config.associations.some(({ kind }) => kind === 'manycastserver'),
});
