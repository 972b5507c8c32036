// Loaded before the program (`bun --preload`) to make it a next version with a feature of its own. The start of a text
// stands for a request that clients of that version would make.
import { CommandSubmitter } from '../../src/distribution/submitter.ts';
import { addTrialFeature, nudge, withTopic } from './trial-feature.ts';

addTrialFeature();

const { begin } = CommandSubmitter.prototype;
CommandSubmitter.prototype.begin = function beginAsNextVersion(command, receiver) {
  if (command.kind === 'send' && command.text.startsWith('nudge ')) return begin.call(this, nudge(command), receiver);
  if (command.kind === 'update' && command.description?.startsWith('topic ')) {
    const { description, ...known } = command;
    return begin.call(this, withTopic(known, description), receiver);
  }
  return begin.call(this, command, receiver);
};
