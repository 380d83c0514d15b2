/**
 * A board nobody has described: what Linux offers everywhere, and nothing that would have to be guessed.
 */
import type { BoardDefinition } from './board.js';

export const genericBoard: BoardDefinition = {
  id: 'generic',
  name: 'a Linux machine',
  models: [],
  compatible: [],
  gpioChipLabel: undefined,
  pps: undefined,
  gpsUart: undefined,
  i2cBus: undefined,
  thermalZone: '/sys/class/thermal/thermal_zone0/temp',
  cores: undefined,
  memoryMegabytes: undefined,
  cryptoBudgetPercent: 10,
  powersBytes: 2 * 1024 * 1024,
  v8Options: [],
  debian: undefined,
  noImage: 'a card is made for a board that is known: noonmark needs its device tree',
  verifiedAgainst: { against: 'none', note: 'nothing is taken for granted that could be wrong' },
  quirks: [],
};
