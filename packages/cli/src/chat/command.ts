import type { Command } from 'commander';

/** `parley chat`: the terminal client. */
export function addChat(program: Command): void {
  program.command('chat');
}
