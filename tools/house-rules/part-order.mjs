// The order of the parts of each package, from the top down. A part is a file or folder of the package's sources. It
// may import parts on lines below its own, but none on its own line or above. `*` stands for files that are not named.
export const partOrder = {
  'packages/protocol/src': [['index.ts'], ['formatting', 'operations'], ['*']],

  'packages/sdk/src': [['index.ts'], ['*'], ['store'], ['runtime.ts']],

  'packages/server/src': [
    ['index.ts'],
    ['main.ts'],
    ['process'],
    ['compose'],
    [
      'adapters/kafka',
      'adapters/memory',
      'adapters/opentelemetry',
      'adapters/postgres',
      'adapters/redis',
      'adapters/sqlite',
    ],
    ['adapters/limits', 'adapters/rows', 'settings'],
    ['gateway'],
    ['messaging'],
    ['operations'],
    ['distribution', 'followers', 'users', 'verification'],
    ['connections', 'feed'],
    ['history'],
    ['checker', 'conversations'],
    ['platform'],
  ],

  'packages/web/src': [
    ['main.tsx', 'service-worker'],
    ['app.tsx'],
    ['conversation-list', 'conversation', 'session', 'settings'],
    ['details'],
    ['dialogs'],
    ['channels', 'composer'],
    ['notifications', 'people'],
    ['chat'],
    ['engine', 'faults', 'highlighting', 'keys', 'style'],
    ['emoji'],
    ['preferences'],
    ['strings'],
  ],

  'packages/cli/src': [
    ['main.ts'],
    ['administration', 'chat', 'check.ts', 'serve.ts', 'trace'],
    ['ask.ts', 'cluster'],
    ['failure.ts', 'option-names.ts'],
  ],
};
