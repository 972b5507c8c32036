// Loaded before the program (`bun --preload`), makes of it a next version that has a feature of its own: the messages
// and changes that a client of that version would ask for are told by how their text begins.
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
