import { type Command, Option } from 'commander';
import { ChatSession } from './chat-session.ts';
import { type LogInOptions, logIn } from './log-in.ts';
import { runPlain } from './plain.ts';

/** `parley chat`: the terminal client. */
export function addChat(program: Command): void {
  program
    .command('chat')
    .description('Chat in this terminal.')
    .addOption(
      new Option('--server <url>', 'where Parley is served').env('PARLEY_SERVER').default('http://localhost:8080'),
    )
    .requiredOption('--user <name>', 'your username')
    .option('--signup', 'make a new account of this name', false)
    .option('--invitation <token>', 'for a server that takes sign-ups by invitation')
    .option('--plain', 'line in, line out; by itself when input or output is no terminal', false)
    .action(async (options: LogInOptions & { plain: boolean }) => {
      const session = new ChatSession(await logIn(options));
      if (options.plain || !process.stdin.isTTY || !process.stdout.isTTY) return runPlain(session);
      // Loaded when it is needed: the screen's library is most of the program's start.
      const { runScreen } = await import('./screen/screen.tsx');
      return runScreen(session);
    });
}
