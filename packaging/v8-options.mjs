#!/usr/bin/env node
/** Prints the V8 options of the boards for packaging/noonmarkd: "BEGINNING OF A MODEL|OPTIONS", the longest first. */
import { BOARDS } from '../dist/boards/list.js';

const lines = BOARDS.flatMap(({ models, v8Options }) => models.map((model) => [model, v8Options.join(' ')]));
lines.sort(([a], [b]) => b.length - a.length || (a < b ? -1 : 1));
for (const [model, options] of lines) console.log(`${model}|${options}`);
