import { SCENARIOS } from '../../src/scenario/catalogue.js';
import { test } from '../support/suite.js';
import { compareWithRecorded } from './recorded.js';

compareWithRecorded(
  SCENARIOS.filter(({ kind }) => kind !== 'network'),
  'scenarios-pulse.txt',
);

test.run();
