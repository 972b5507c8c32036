// Loaded before the program (`bun --preload`) to make it a next version with a feature of its own. The start of a text
// stands for a request that clients of that version would make.
import { CommandSubmitter } from '../../src/distribution/submitter.ts';
import { addTrialFeature, nudge, withTopic } from './trial-feature.ts';

addTrialFeature();

const { submit } = CommandSubmitter.prototype;
CommandSubmitter.prototype.submit = function submitAsNextVersion(command) {
  if (command.kind === 'send' && command.text.startsWith('nudge ')) return submit.call(this, nudge(command));
  if (command.kind === 'update' && command.description?.startsWith('topic ')) {
    const { description, ...known } = command;
    return submit.call(this, withTopic(known, description));
  }
  return submit.call(this, command);
};
