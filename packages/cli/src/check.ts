import { checkRecordingFile } from '@parley/server';
import type { Command } from 'commander';

/** `parley check`: judges a recording of clients by the delivery contract. */
export function addCheck(program: Command): void {
  program
    .command('check')
    .description(
      'Judge a recording of what clients sent and saw by the delivery contract, and print the smallest part that shows ' +
        'each violation. The format is in docs/TESTING.md.',
    )
    .argument('<recording>', 'file with one JSON object a line')
    .action(async (file: string) => {
      const { lines, conversations, violations, violationCount } = await checkRecordingFile(file);
      for (const { contract, rule, what, excerpt } of violations) {
        console.log(`contract ${contract}, ${rule}: ${what}`);
        for (const { number, text } of excerpt) console.log(`  line ${number}\t${text}`);
      }
      const more = violationCount - violations.length;
      if (more > 0) console.log(`and ${more} more violations`);
      console.log(`${lines} lines, ${conversations} conversations, ${violationCount} violations`);
      if (violationCount > 0) process.exitCode = 1;
    });
}
