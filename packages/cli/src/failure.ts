/** What a command could not do, in a sentence for the person who gave it. */
export class Failure extends Error {
  override name = 'Failure';
}
