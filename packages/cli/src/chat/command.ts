import { readInvitation } from '@parley/protocol';
import { type Command, Option } from 'commander';
import { ChatSession } from './chat-session.ts';
import { endingSession } from './ending.ts';
import { type LogInOptions, logIn } from './log-in.ts';
import { runPlain } from './plain.ts';

const defaultServer = 'http://localhost:8080';

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
    .addOption(new Option('--server <url>', `address of the server (default: ${defaultServer})`).env('PARLEY_SERVER'))
    .requiredOption('--user <name>', 'your username')
    .option('--signup', 'create a new account with this username', false)
    .option('--invitation <link>', 'invitation link, for --signup')
    .option(
      '--plain',
      'read and print lines instead of drawing a screen (default when input or output is not a terminal)',
      false,
    )
    .action(async (options: ChatOptions) => {
      const account = logInOptions(options);
      const client = await logIn(account);
      const session = new ChatSession(client, account.server);
      await endingSession(client, async () => {
        if (options.plain || !process.stdin.isTTY || !process.stdout.isTTY) return runPlain(session);
        // Loaded on demand, because the screen's library takes most of the program's start-up time.
        const { runScreen } = await import('./screen/screen.tsx');
        return runScreen(session);
      });
    });
}

/** The server defaults to the one that the invitation link names. */
function logInOptions({ server, user, signup, invitation }: ChatOptions): LogInOptions {
  if (invitation === undefined) return { server: server ?? defaultServer, user, signup };
  const { token, server: invitedTo } = readInvitation(invitation);
  return { server: server ?? invitedTo ?? defaultServer, user, signup, invitation: token };
}
