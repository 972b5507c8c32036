#!/usr/bin/env bun
import { Unusable } from '@parley/server';
import { Command } from 'commander';
import { addAdministration } from './administration/commands.ts';
import { addChat } from './chat/command.ts';
import { addCheck } from './check.ts';
import { addCluster, addMigrate } from './cluster/commands.ts';
import { Failure } from './failure.ts';
import { addServe } from './serve.ts';
import { addTrace } from './trace/command.ts';

// Databases, backups and exports contain private messages, so files are created readable by their owner only.
process.umask(0o077);

const program = new Command('parley')
  .description('A self-hosted instant-messaging system.')
  .showHelpAfterError('(--help lists commands and options)');
addServe(program);
addAdministration(program);
addCluster(program);
addMigrate(program);
addTrace(program);
addCheck(program);
addChat(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof Unusable || error instanceof Failure)) throw error;
  console.error(`parley: ${error.message}`);
  process.exit(1);
}
