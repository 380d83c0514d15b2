#!/usr/bin/env node
/** noonmarkd. */
import { startProgram } from './program.js';

await startProgram(process.argv.slice(2));
