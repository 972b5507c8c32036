import { readInvitation } from '@parley/protocol';
import { type Command, Option } from 'commander';
import { ChatSession } from './chat-session.ts';
import { type LogInOptions, logIn } from './log-in.ts';
import { runPlain } from './plain.ts';

const standardServer = 'http://localhost:8080';

interface ChatOptions {
  server?: string;
  user: string;
  signup: boolean;
  invitation?: string;
  plain: boolean;
}

/** `parley chat`: the terminal client. */
export function addChat(program: Command): void {
  program
    .command('chat')
    .description('Chat in this terminal.')
    .addOption(new Option('--server <url>', `where Parley is served (default: ${standardServer})`).env('PARLEY_SERVER'))
    .requiredOption('--user <name>', 'your username')
    .option('--signup', 'make a new account of this name', false)
    .option('--invitation <link>', 'the link that one was invited by')
    .option('--plain', 'line in, line out; by itself when input or output is no terminal', false)
    .action(async (options: ChatOptions) => {
      const session = new ChatSession(await logIn(logInOptions(options)));
      if (options.plain || !process.stdin.isTTY || !process.stdout.isTTY) return runPlain(session);
      // Loaded when it is needed: the screen's library is most of the program's start.
      const { runScreen } = await import('./screen/screen.tsx');
      return runScreen(session);
    });
}

/** An invitation link says which server it is for. */
function logInOptions({ server, user, signup, invitation }: ChatOptions): LogInOptions {
  if (invitation === undefined) return { server: server ?? standardServer, user, signup };
  const { token, server: invitedTo } = readInvitation(invitation);
  return { server: server ?? invitedTo ?? standardServer, user, signup, invitation: token };
}
